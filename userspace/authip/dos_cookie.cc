#include "authip/dos_cookie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "authip/message_io.h"
#include "shared/dos_cookie.h"
#include "wire/build.h"

namespace keyline::authip {
namespace {

kl_siphash_key key_of(const Secret& secret) {
    kl_siphash_key key;
    std::memcpy(&key, secret.view().data(), sizeof(key));
    return key;
}

kl_cookie_peer peer_of(const Endpoint& endpoint) {
    kl_cookie_peer peer{};
    std::ranges::copy(endpoint.address.octets(), peer.address.octets);
    peer.port = endpoint.port;
    peer.family = endpoint.address.is_v4() ? KL_FAMILY_V4 : KL_FAMILY_V6;
    return peer;
}

wire::Cookie compute(const Secret& secret, const Endpoint& peer, const wire::Cookie& initiator_cookie) {
    const kl_siphash_key key = key_of(secret);
    const kl_cookie_peer of_peer = peer_of(peer);
    const std::uint64_t mac = kl_dos_cookie(&key, &of_peer, std::bit_cast<std::uint64_t>(initiator_cookie));
    return std::bit_cast<wire::Cookie>(mac);
}

}  // namespace

Secret DosCookies::new_secret() {
    Secret secret(sizeof(kl_siphash_key));
    random_.fill(secret.writable());
    return secret;
}

void DosCookies::turn(exchange::Instant now) {
    if (!secrets_.current.empty() && now < next_turn()) return;
    const bool recent = !secrets_.current.empty() && now < next_turn() + kSecretLifetime;
    secrets_.previous = recent ? std::move(secrets_.current) : new_secret();
    secrets_.current = new_secret();
    turned_ = now;
}

wire::Cookie DosCookies::make(exchange::Instant now, const Endpoint& peer,
                              const wire::Cookie& initiator_cookie) {
    turn(now);
    return compute(secrets_.current, peer, initiator_cookie);
}

bool DosCookies::check(exchange::Instant now, const Endpoint& peer, const wire::Cookie& initiator_cookie,
                       const wire::Cookie& cookie) {
    turn(now);
    return equal_constant_time(compute(secrets_.current, peer, initiator_cookie), cookie) ||
           equal_constant_time(compute(secrets_.previous, peer, initiator_cookie), cookie);
}

wire::Cookie DosCookies::new_initiator_cookie(exchange::Instant now, const IpAddress& peer) {
    turn(now);
    const kl_siphash_key key = key_of(secrets_.current);
    const kl_cookie_peer of_peer = peer_of({peer, 0});
    std::array<std::uint32_t, 2> halves{};
    std::array<std::uint8_t, sizeof(std::uint32_t)> random;
    do {
        random_.fill(random);
        halves[0] = std::bit_cast<std::uint32_t>(random);
    } while (halves[0] == 0);  // CKY-I is not zero (F4)
    halves[1] = kl_initiator_tag(&key, &of_peer, halves[0]);
    return std::bit_cast<wire::Cookie>(halves);
}

exchange::CookieSecrets DosCookies::secrets(exchange::Instant now) {
    turn(now);
    return {secrets_.current.clone(), secrets_.previous.clone()};
}

Bytes build_dos_cookie(const wire::Cookie& initiator_cookie, const wire::Cookie& cookie,
                       crypto::RandomSource& random) {
    const wire::Header header{.initiator_cookie = initiator_cookie,
                              .exchange_type = wire::ExchangeType::kAuthipNotify,
                              .message_id = random_message_id(random)};
    const std::vector<wire::Payload> payloads{
        {wire::AuthipNotification{.protocol_id = wire::notify_about::kMainOrExtendedMode,
                                  .type = wire::notify::kDosCookie,
                                  .data = Bytes(cookie.begin(), cookie.end())}}};
    return wire::build_plain_message(header, payloads).value_or(Bytes{});
}

std::optional<wire::Cookie> parse_dos_cookie(ByteView datagram, const wire::Header& header) {
    if (header.exchange_type != wire::ExchangeType::kAuthipNotify || header.encrypted() ||
        header.next_payload != wire::PayloadType::kNotification ||
        header.responder_cookie != wire::Cookie{}) {
        return std::nullopt;
    }
    const auto message = wire::parse_message(datagram);
    if (!message || message->payloads.size() != 1) return std::nullopt;
    const auto* notify = wire::find<wire::AuthipNotification>(message->payloads);
    wire::Cookie cookie;
    if (notify == nullptr || notify->type != wire::notify::kDosCookie ||
        notify->data.size() != cookie.size()) {
        return std::nullopt;
    }
    std::ranges::copy(notify->data, cookie.begin());
    if (cookie == wire::Cookie{}) return std::nullopt;
    return cookie;
}

}  // namespace keyline::authip
