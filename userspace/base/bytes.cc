#include "base/bytes.h"

namespace keyline {

std::string to_hex(ByteView octets) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const std::uint8_t octet : octets) {
        text.push_back(kDigits[octet >> 4]);
        text.push_back(kDigits[octet & 15]);
    }
    return text;
}

namespace {

int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<Bytes> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    Bytes octets;
    octets.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit_value(digits[i]);
        const int low = digit_value(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return octets;
}

}  // namespace keyline
