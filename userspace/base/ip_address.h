// IPv4 and IPv6 addresses, prefixes and UDP endpoints as values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace keyline {

enum class Family : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };

// One address. The default is 0.0.0.0. IPv4 occupies the first four octets, the other twelve are zero.
class IpAddress {
  public:
    constexpr IpAddress() = default;

    // `octets` holds 4 or 16 octets in network order; nullopt for any other length.
    static std::optional<IpAddress> from_octets(ByteView octets);
    // Dotted quad or RFC 4291 text, without zone or prefix length.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress any(Family family);

    Family family() const { return family_; }
    bool is_v4() const { return family_ == Family::kIpv4; }
    bool is_any() const;
    // 4 or 16 octets in network order, valid as long as this object.
    ByteView octets() const { return {octets_.data(), is_v4() ? std::size_t{4} : std::size_t{16}}; }
    // 32 or 128.
    unsigned bits() const { return is_v4() ? 32 : 128; }
    // The address with all but its first `prefix_length` bits cleared.
    IpAddress masked(unsigned prefix_length) const;

    std::string to_string() const;

    auto operator<=>(const IpAddress&) const = default;

  private:
    Family family_ = Family::kIpv4;
    std::array<std::uint8_t, 16> octets_{};
};

// An address prefix; host bits are zero.
struct Prefix {
    IpAddress address;
    std::uint8_t length = 0;

    // "10.0.0.0/8", "2001:db8::/32", or an address alone (a host prefix). nullopt when malformed, when the
    // length is too long for the family or when host bits are set.
    static std::optional<Prefix> parse(std::string_view text);
    static Prefix host(const IpAddress& address);
    static Prefix any(Family family);

    bool contains(const IpAddress& other) const;
    bool contains(const Prefix& other) const;
    bool is_host() const { return length == address.bits(); }
    std::string to_string() const;

    auto operator<=>(const Prefix&) const = default;
};

// A UDP endpoint. The port is in host order.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    // "192.0.2.1:500", "[2001:db8::1]:500".
    std::string to_string() const;

    auto operator<=>(const Endpoint&) const = default;
};

}  // namespace keyline

template <>
struct std::hash<keyline::IpAddress> {
    std::size_t operator()(const keyline::IpAddress& address) const noexcept {
        const keyline::ByteView octets = address.octets();
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(octets.data()), octets.size()});  // NOLINT(bugprone-*)
    }
};
