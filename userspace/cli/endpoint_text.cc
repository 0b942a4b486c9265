#include "cli/endpoint_text.h"

#include <charconv>

namespace keyline::cli {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return port;
}

std::optional<Endpoint> join(std::optional<IpAddress> address, std::optional<std::uint16_t> port) {
    if (!address || !port) return std::nullopt;
    return Endpoint{*address, *port};
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t port) {
    if (const auto address = IpAddress::parse(text)) return Endpoint{*address, port};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const auto written_port = parse_port(text.substr(colon + 1));
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    if (address && address->is_v4() == bracketed) return std::nullopt;
    return join(address, written_port);
}

}  // namespace keyline::cli
