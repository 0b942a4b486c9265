#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace keyline {

std::optional<IpAddress> IpAddress::from_octets(ByteView octets) {
    IpAddress address;
    if (octets.size() == 16) {
        address.family_ = Family::kIpv6;
    } else if (octets.size() != 4) {
        return std::nullopt;
    }
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.octets_.data()) == 1) return address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) {
        address.family_ = Family::kIpv6;
        return address;
    }
    return std::nullopt;
}

IpAddress IpAddress::any(Family family) {
    IpAddress address;
    address.family_ = family;
    return address;
}

bool IpAddress::is_any() const {
    return std::all_of(octets_.begin(), octets_.end(), [](std::uint8_t octet) { return octet == 0; });
}

IpAddress IpAddress::masked(unsigned prefix_length) const {
    IpAddress result = *this;
    const unsigned size = bits() / 8;
    for (unsigned i = 0; i < size; ++i) {
        const unsigned kept = prefix_length > i * 8 ? std::min(8U, prefix_length - i * 8) : 0;
        result.octets_[i] = static_cast<std::uint8_t>(octets_[i] & (0xff00U >> kept));
    }
    return result;
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
    return text;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == std::string_view::npos) return host(*address);
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length > address->bits())
        return std::nullopt;
    if (address->masked(length) != *address) return std::nullopt;
    return Prefix{*address, static_cast<std::uint8_t>(length)};
}

Prefix Prefix::host(const IpAddress& address) { return {address, static_cast<std::uint8_t>(address.bits())}; }

Prefix Prefix::any(Family family) { return {IpAddress::any(family), 0}; }

bool Prefix::contains(const IpAddress& other) const {
    return other.family() == address.family() && other.masked(length) == address;
}

bool Prefix::contains(const Prefix& other) const { return other.length >= length && contains(other.address); }

std::string Prefix::to_string() const { return address.to_string() + '/' + std::to_string(length); }

std::string Endpoint::to_string() const {
    const std::string text = address.to_string();
    return (address.is_v4() ? text : '[' + text + ']') + ':' + std::to_string(port);
}

}  // namespace keyline
