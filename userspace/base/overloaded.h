// A visitor made of lambdas, for std::visit.
#pragma once

namespace keyline {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 16 does not deduce it from the aggregate

}  // namespace keyline
