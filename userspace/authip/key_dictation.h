// Quick mode keys that one side supplies in place of derived ones
// (MS-AIPS 2.2.3.7, 2.2.3.8, 3.4.5.1, 3.5.5.1; item 26, Q10).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "authip/crypto_payload.h"
#include "authip/keys.h"
#include "base/secret.h"
#include "crypto/random.h"
#include "wire/message.h"

namespace keyline::authip {

enum class Dictator : std::uint8_t { kNobody, kLocal, kRemote };

// Who may supply the keys. `own` is policy's weight, if this host wants to; `peer` is that of SKWt, if it
// came. A peer may dictate to a host that does not want to, whatever it announced.
Dictator dictator(std::optional<std::uint32_t> own, std::optional<std::uint32_t> peer);

// IPSecEncryptKey of both directions, from this host's side.
struct DictatedKeys {
    Secret inbound;
    Secret outbound;
};

DictatedKeys make_dictated_keys(std::size_t octets, crypto::RandomSource& random);

// KeyDict(In) and KeyDict(Out) of this host, the dictator. The error is that of a cipher that this system
// lacks.
std::expected<std::vector<wire::Payload>, std::string> key_dictation_payloads(
    const DictatedKeys& keys, const MessageProtection& protection, crypto::RandomSource& random);

// The keys that the peer dictates: nullopt when it has sent none. `octets` is what the suite takes. The error
// is one line: payloads from somebody who may not dictate, or that do not open, or of a wrong size.
std::expected<std::optional<DictatedKeys>, std::string> take_dictated_keys(
    std::span<const wire::Payload> payloads, Dictator dictator, std::size_t octets,
    const MessageProtection& protection);

}  // namespace keyline::authip
