#include "ikev1/pre_shared_key.h"

#include <utility>

#include "auth/pre_shared_key.h"
#include "ikev1/proof.h"

namespace keyline::ikev1 {

using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

std::expected<Payloads, Failure> PreSharedKey::key_exchange(Session& session, exchange::Host&) {
    return clear_key_exchange(session);
}

std::optional<Failure> PreSharedKey::take_key_exchange(Session& session, exchange::Host&,
                                                       const Incoming& message) {
    return take_clear_key_exchange(session, message);
}

std::expected<Secret, Failure> PreSharedKey::skeyid(const Session& session, const exchange::Host& host,
                                                    const Secret&) {
    // The engine makes no other method under this number.
    const auto* method =
        static_cast<const auth::PreSharedKeyMethod*>(host.method(auth::MethodId::kPreSharedKey));
    const Secret* key = method == nullptr ? nullptr : method->key(session.name.remote.address);
    if (key == nullptr) {
        return std::unexpected(Failure{Stage::kAuthentication, Reason::kNoMethod,
                                       wire::notify::kAuthenticationFailed,
                                       "no pre-shared key for " + session.name.remote.address.to_string() +
                                           "; add one to auth.psk.file"});
    }
    return psk_skeyid(session.key_context().hash, *key, session.initiator_nonce, session.responder_nonce);
}

std::expected<Payloads, Failure> PreSharedKey::proof(const Session& session) {
    const wire::Identification id = to_payload(auth::IkeId::of(session.name.local.address));
    return Payloads{{id}, {wire::Hash{proof_hash(session, Side::kOwn, body_of(id))}}};
}

std::expected<std::string, Failure> PreSharedKey::take_proof(const Session& session,
                                                             const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kIdentification},
                                                                 {PayloadType::kHash},
                                                                 {PayloadType::kCertificate, 0, 16},
                                                                 {PayloadType::kCertificateRequest, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return std::unexpected(malformed(std::move(*wrong)));
    }
    const auto& id = *wire::find<wire::Identification>(message.payloads);
    if (!hash_is(message, proof_hash(session, Side::kPeer, body_of(id)))) {
        return std::unexpected(
            wrong_proof("the peer's proof is wrong: compare the pre-shared keys of both sides"));
    }
    return auth::to_string(from_payload(id));
}

}  // namespace keyline::ikev1
