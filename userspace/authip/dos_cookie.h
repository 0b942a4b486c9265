// Proof of address before state (MS-AIPS 3.1.7.6, MS-IKEE 3.9; interpretation D1). Both sides of
// NOTIFY_DOS_COOKIE. The cookies themselves are those of shared/dos_cookie.h, so that the kernel can make and
// check them too.
#pragma once

#include <optional>

#include "authip/keys.h"
#include "base/ip_address.h"
#include "crypto/random.h"
#include "exchange/action.h"
#include "exchange/instant.h"
#include "wire/message.h"

namespace keyline::authip {

// Makes and checks cookies without keeping any: a MAC of the peer's address and cookie under a secret that
// changes.
class DosCookies {
  public:
    explicit DosCookies(crypto::RandomSource& random) : random_(random) {}

    wire::Cookie make(exchange::Instant now, const Endpoint& peer, const wire::Cookie& initiator_cookie);
    // Accepts cookies up to two lifetimes of the secret old.
    bool check(exchange::Instant now, const Endpoint& peer, const wire::Cookie& initiator_cookie,
               const wire::Cookie& cookie);

    // A CKY-I for a negotiation with this peer: half random, half a tag by which the kernel tells the answer.
    wire::Cookie new_initiator_cookie(exchange::Instant now, const IpAddress& peer);

    exchange::CookieSecrets secrets(exchange::Instant now);
    // When `secrets` will return others.
    exchange::Instant next_turn() const { return turned_ + kSecretLifetime; }

  private:
    static constexpr std::chrono::seconds kSecretLifetime{60};

    void turn(exchange::Instant now);
    Secret new_secret();

    crypto::RandomSource& random_;
    exchange::Instant turned_{};
    exchange::CookieSecrets secrets_;
};

// The message that asks for it: no Crypto payload, CKY-R zero, random message ID.
Bytes build_dos_cookie(const wire::Cookie& initiator_cookie, const wire::Cookie& cookie,
                       crypto::RandomSource& random);
// The cookie, when the datagram is exactly such a message.
std::optional<wire::Cookie> parse_dos_cookie(ByteView datagram, const wire::Header& header);

}  // namespace keyline::authip
