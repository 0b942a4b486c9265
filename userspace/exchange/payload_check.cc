#include "exchange/payload_check.h"

#include <algorithm>

#include "wire/names.h"

namespace keyline::exchange {
namespace {

bool tolerated_anywhere(const wire::Payload& payload) {
    if (const auto* opaque = std::get_if<wire::Opaque>(&payload.body))
        return wire::is_private_use(opaque->type);
    return payload.type() == wire::PayloadType::kVendorId ||
           payload.type() == wire::PayloadType::kNatOriginalAddress;
}

}  // namespace

std::optional<std::string> check_payloads(std::span<const wire::Payload> payloads,
                                          std::initializer_list<PayloadCount> expected) {
    for (const PayloadCount& rule : expected) {
        const auto count =
            static_cast<std::size_t>(std::ranges::count(payloads, rule.type, &wire::Payload::type));
        if (count < rule.least) return "payload " + wire::payload_name(rule.type) + " is missing";
        if (count > rule.most) return "payload " + wire::payload_name(rule.type) + " is repeated";
    }
    for (const wire::Payload& payload : payloads) {
        if (tolerated_anywhere(payload)) continue;
        if (std::ranges::find(expected, payload.type(), &PayloadCount::type) == expected.end()) {
            return "payload " + wire::payload_name(payload.type()) + " has no place in this message";
        }
    }
    return std::nullopt;
}

bool nonce_acceptable(const wire::Nonce& nonce) { return nonce.data.size() >= 8 && nonce.data.size() <= 256; }

}  // namespace keyline::exchange
