#include "policy/config/selector_reader.h"

#include <algorithm>

#include "policy/config/table.h"
#include "policy/protocol.h"

namespace keyline::policy::config {

namespace {

// One side's addresses; "any" stands for both families and asks for no counterpart on the other side.
struct Side {
    std::vector<Prefix> prefixes;
    bool any = false;

    std::size_t count(Family family) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            prefixes, [&](const Prefix& prefix) { return prefix.address.family() == family; }));
    }
};

Side read_side(const std::optional<Value>& list) {
    if (!list || list->node().text == "any") {
        return {{Prefix::any(Family::kIpv4), Prefix::any(Family::kIpv6)}, true};
    }
    return {read_list(*list, [](const Value& item) { return item.prefix(); }), false};
}

void check_families(const Side& side, const std::optional<Value>& list, const Side& other,
                    std::string_view other_key) {
    if (side.any || other.any || other.prefixes.empty()) return;
    for (const auto& [family, name] : {std::pair(Family::kIpv4, "IPv4"), std::pair(Family::kIpv6, "IPv6")}) {
        if (side.count(family) != 0 && other.count(family) == 0) {
            list->error(std::string("has ") + name + " addresses, and " + in_quotes(other_key) + " has none");
        }
    }
}

std::optional<std::uint8_t> read_protocol(const Value& item) {
    if (item.node().kind == TomlNode::Kind::kInteger) return item.integer(1, 255);
    const auto text = item.text();
    if (!text) return std::nullopt;
    const auto protocol = parse_protocol(*text);
    if (!protocol) {
        std::vector<std::string_view> names;
        for (const auto& known : kProtocolNames)
            names.push_back(known.name);
        item.error(R"(expected a protocol such as "tcp", "icmpv6" or 47, found )" + in_quotes(*text) +
                   did_you_mean(*text, names));
    }
    return protocol;
}

std::vector<std::uint8_t> read_protocols(const std::optional<Value>& list) {
    if (!list) return {kAnyProtocol};
    return read_list(*list, read_protocol);
}

std::vector<std::uint16_t> read_ports(const std::optional<Value>& list,
                                      const std::vector<std::uint8_t>& protocols) {
    if (!list) return {0};
    if (!std::ranges::all_of(protocols, has_ports)) {
        list->error(R"(a port needs protocol = "tcp", "udp", "sctp" or "udp-lite")");
    }
    return read_list(
        *list, [](const Value& item) -> std::optional<std::uint16_t> { return item.integer(1, 65535); });
}

}  // namespace

void append_selectors(const SelectorKeys& keys, const Value& owner, std::vector<Selector>& to) {
    const Side local = read_side(keys.local);
    const Side remote = read_side(keys.remote);
    check_families(local, keys.local, remote, "remote");
    check_families(remote, keys.remote, local, "local");
    const auto protocols = read_protocols(keys.protocol);
    const auto local_ports = read_ports(keys.local_port, protocols);
    const auto remote_ports = read_ports(keys.remote_port, protocols);
    const std::size_t pairs = local.count(Family::kIpv4) * remote.count(Family::kIpv4) +
                              local.count(Family::kIpv6) * remote.count(Family::kIpv6);
    if (pairs * protocols.size() > kMaxSelectors ||
        pairs * protocols.size() * local_ports.size() * remote_ports.size() > kMaxSelectors) {
        return owner.error("stands for more than 1000000 selectors; use larger prefixes or fewer ports");
    }
    for (const Prefix& from : local.prefixes) {
        for (const Prefix& onto : remote.prefixes) {
            if (from.address.family() != onto.address.family()) continue;
            for (const std::uint8_t protocol : protocols) {
                for (const std::uint16_t local_port : local_ports) {
                    for (const std::uint16_t remote_port : remote_ports) {
                        to.push_back({from, onto, protocol, local_port, remote_port});
                    }
                }
            }
        }
    }
}

}  // namespace keyline::policy::config
