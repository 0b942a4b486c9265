#include "authip/dos_cookie.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "authip/message_io.h"
#include "crypto/hmac.h"
#include "wire/build.h"

namespace keyline::authip {
namespace {

constexpr std::chrono::seconds kSecretLifetime{60};
constexpr std::size_t kSecretOctets = 32;

wire::Cookie compute(const Secret& secret, const Endpoint& peer, const wire::Cookie& initiator_cookie) {
    Bytes port;
    append_be16(port, peer.port);
    const Bytes mac = crypto::hmac(crypto::HashAlgorithm::kSha256, secret.view(),
                                   {peer.address.octets(), port, initiator_cookie});
    wire::Cookie cookie;
    std::copy_n(mac.begin(), cookie.size(), cookie.begin());
    cookie[0] |= 1;  // never zero, which would mean none
    return cookie;
}

}  // namespace

void DosCookies::turn(exchange::Instant now) {
    if (!secret_.empty() && now < turned_ + kSecretLifetime) return;
    previous_ = now < turned_ + 2 * kSecretLifetime ? std::move(secret_) : Secret();
    secret_ = Secret(kSecretOctets);
    random_.fill(secret_.writable());
    turned_ = now;
}

wire::Cookie DosCookies::make(exchange::Instant now, const Endpoint& peer,
                              const wire::Cookie& initiator_cookie) {
    turn(now);
    return compute(secret_, peer, initiator_cookie);
}

bool DosCookies::check(exchange::Instant now, const Endpoint& peer, const wire::Cookie& initiator_cookie,
                       const wire::Cookie& cookie) {
    turn(now);
    return equal_constant_time(compute(secret_, peer, initiator_cookie), cookie) ||
           (!previous_.empty() && equal_constant_time(compute(previous_, peer, initiator_cookie), cookie));
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
