// A visitor made of lambdas, for std::visit.
#pragma once

namespace keyline::daemon {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace keyline::daemon
