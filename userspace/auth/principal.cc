#include "auth/principal.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace keyline::auth {
namespace {

constexpr std::size_t kLongest = 512;

bool is_plain(unsigned char character) {
    return character > 0x20 && character != 0x7f && character != '\\' && character != '/' && character != '@';
}

bool is_component(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_plain); }

bool is_host_word(std::string_view text) {
    constexpr std::string_view kHost = "host";
    return std::ranges::equal(text, kHost, {}, [](unsigned char letter) { return std::tolower(letter); });
}

}  // namespace

bool is_host_principal(std::string_view principal) {
    if (principal.size() > kLongest) return false;
    const std::size_t at = principal.find('@');
    if (at != std::string_view::npos && !is_component(principal.substr(at + 1))) return false;
    const std::string_view name = principal.substr(0, at);
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return name.size() > 1 && name.ends_with('$') && is_component(name);
    return is_host_word(name.substr(0, slash)) && is_component(name.substr(slash + 1));
}

}  // namespace keyline::auth
