#include "auth/failure.h"

#include <algorithm>
#include <cstddef>

namespace keyline::auth {

StepResult Failure::result() const { return {.status = static_cast<std::uint32_t>(status), .failure = line}; }

std::string printable(std::string_view text) {
    constexpr std::size_t kLongest = 300;
    std::string line(text.substr(0, kLongest));
    std::ranges::replace_if(
        line, [](unsigned char character) { return character < 0x20 || character > 0x7e; }, '?');
    return line;
}

}  // namespace keyline::auth
