#include "authip/nat_detection.h"

#include <algorithm>
#include <optional>

#include "crypto/hash.h"

namespace keyline::authip {
namespace {

Bytes natd_hash(crypto::HashAlgorithm algorithm, ByteView cookies, const Endpoint& endpoint) {
    Bytes port;
    append_be16(port, endpoint.port);
    return crypto::hash(algorithm, {cookies, endpoint.address.octets(), port});
}

Bytes cookies_of(const wire::Cookie& initiator_cookie, const wire::Cookie* responder_cookie) {
    Bytes cookies(initiator_cookie.begin(), initiator_cookie.end());
    if (responder_cookie != nullptr) append(cookies, *responder_cookie);
    return cookies;
}

std::optional<crypto::HashAlgorithm> algorithm_by_length(std::size_t length) {
    switch (length) {
        case 20:
            return crypto::HashAlgorithm::kSha1;
        case 32:
            return crypto::HashAlgorithm::kSha256;
        case 48:
            return crypto::HashAlgorithm::kSha384;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::vector<wire::Payload> nat_discovery(const wire::Cookie& initiator_cookie,
                                         const wire::Cookie* responder_cookie, const Endpoint& local,
                                         const Endpoint& remote) {
    if (!local.address.is_v4()) return {};
    const Bytes cookies = cookies_of(initiator_cookie, responder_cookie);
    const auto natd = [&](const Endpoint& endpoint) {
        return wire::Payload{wire::NatDiscovery{natd_hash(crypto::HashAlgorithm::kSha1, cookies, endpoint)}};
    };
    return {natd(remote), natd(local)};
}

NatFound detect_nat(std::span<const wire::Payload> payloads, const wire::Cookie& initiator_cookie,
                    const wire::Cookie* responder_cookie, const Endpoint& local, const Endpoint& remote) {
    const std::vector<const wire::NatDiscovery*> found = wire::find_all<wire::NatDiscovery>(payloads);
    if (found.size() < 2 || !local.address.is_v4()) return {};

    std::vector<Bytes> inputs{cookies_of(initiator_cookie, responder_cookie)};
    if (responder_cookie == nullptr) {
        const wire::Cookie zero{};
        inputs.push_back(cookies_of(initiator_cookie, &zero));
    }
    const auto names = [&](const wire::NatDiscovery& natd, const Endpoint& endpoint) {
        const auto algorithm = algorithm_by_length(natd.hash.size());
        return algorithm && std::ranges::any_of(inputs, [&](const Bytes& cookies) {
                   return natd_hash(*algorithm, cookies, endpoint) == natd.hash;
               });
    };
    // The first names this host as the peer sees it; the others are all the addresses the peer may send from.
    return {.local = !names(*found.front(), local),
            .remote = std::none_of(found.begin() + 1, found.end(),
                                   [&](const wire::NatDiscovery* natd) { return names(*natd, remote); })};
}

}  // namespace keyline::authip
