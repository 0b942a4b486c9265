#include "wire/principal_name.h"

#include <cstdint>

namespace keyline::wire {
namespace {

constexpr char32_t kHighSurrogates = 0xD800;
constexpr char32_t kLowSurrogates = 0xDC00;
constexpr char32_t kAfterSurrogates = 0xE000;
constexpr char32_t kFirstSupplementary = 0x10000;
constexpr char32_t kLastCodePoint = 0x10FFFF;

void append_utf8(std::string& to, char32_t code_point) {
    const auto continuation = [](char32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
    if (code_point < 0x80) {
        to.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x800) {
        to.push_back(static_cast<char>(0xC0 | code_point >> 6));
        to.push_back(continuation(code_point));
    } else if (code_point < kFirstSupplementary) {
        to.push_back(static_cast<char>(0xE0 | code_point >> 12));
        to.push_back(continuation(code_point >> 6));
        to.push_back(continuation(code_point));
    } else {
        to.push_back(static_cast<char>(0xF0 | code_point >> 18));
        to.push_back(continuation(code_point >> 12));
        to.push_back(continuation(code_point >> 6));
        to.push_back(continuation(code_point));
    }
}

void append_utf16le(Bytes& to, char32_t unit) {
    to.push_back(static_cast<std::uint8_t>(unit));
    to.push_back(static_cast<std::uint8_t>(unit >> 8));
}

// Takes one code point off the front of `utf8`. nullopt for anything RFC 3629 forbids: overlong forms,
// surrogates, stray or missing continuation octets.
std::optional<char32_t> take_code_point(std::string_view& utf8) {
    const auto lead = static_cast<std::uint8_t>(utf8.front());
    const std::size_t length = lead < 0x80         ? 1
                               : lead >> 5 == 0x6  ? 2
                               : lead >> 4 == 0xE  ? 3
                               : lead >> 3 == 0x1E ? 4
                                                   : 0;
    if (length == 0 || utf8.size() < length) return std::nullopt;
    char32_t code_point = length == 1 ? lead : lead & (0x7F >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto octet = static_cast<std::uint8_t>(utf8[i]);
        if (octet >> 6 != 0x2) return std::nullopt;
        code_point = code_point << 6 | (octet & 0x3F);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, kFirstSupplementary};
    const bool surrogate = code_point >= kHighSurrogates && code_point < kAfterSurrogates;
    if (code_point < kLeast[length] || code_point > kLastCodePoint || surrogate) return std::nullopt;
    utf8.remove_prefix(length);
    return code_point;
}

}  // namespace

std::optional<std::string> decode_principal_name(ByteView utf16) {
    if (utf16.empty() || utf16.size() % 2 != 0) return std::nullopt;
    const bool big_endian = utf16[0] == 0;
    const auto unit_at = [&](std::size_t at) -> char32_t {
        return big_endian ? utf16[at] << 8 | utf16[at + 1] : utf16[at + 1] << 8 | utf16[at];
    };
    std::string name;
    for (std::size_t at = 0; at < utf16.size(); at += 2) {
        char32_t code_point = unit_at(at);
        if (code_point == 0) return std::nullopt;
        if (code_point >= kHighSurrogates && code_point < kAfterSurrogates) {
            if (code_point >= kLowSurrogates || at + 2 == utf16.size()) return std::nullopt;
            at += 2;
            const char32_t low = unit_at(at);
            if (low < kLowSurrogates || low >= kAfterSurrogates) return std::nullopt;
            code_point =
                kFirstSupplementary + ((code_point - kHighSurrogates) << 10) + (low - kLowSurrogates);
        }
        append_utf8(name, code_point);
    }
    return name;
}

std::optional<Bytes> encode_principal_name(std::string_view utf8) {
    Bytes utf16;
    while (!utf8.empty()) {
        const auto code_point = take_code_point(utf8);
        if (!code_point || *code_point == 0) return std::nullopt;
        if (*code_point < kFirstSupplementary) {
            append_utf16le(utf16, *code_point);
        } else {
            const char32_t above = *code_point - kFirstSupplementary;
            append_utf16le(utf16, kHighSurrogates + (above >> 10));
            append_utf16le(utf16, kLowSurrogates + (above & 0x3FF));
        }
    }
    return utf16;
}

}  // namespace keyline::wire
