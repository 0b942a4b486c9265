#include "ikev1/signature.h"

#include <ranges>
#include <utility>

#include "ikev1/proof.h"

namespace keyline::ikev1 {
namespace {

using wire::PayloadType;

constexpr std::size_t kMostRequests = 16;

wire::Payload certificate(const Bytes& der) {
    return {wire::Certificate{wire::certificate_encoding::kX509Signature, der}};
}

std::vector<Bytes> certificates_of(const Incoming& message) {
    std::vector<Bytes> found;
    for (const auto* payload : wire::find_all<wire::Certificate>(message.payloads)) {
        if (payload->encoding == wire::certificate_encoding::kX509Signature) found.push_back(payload->data);
    }
    return found;
}

}  // namespace

// A request without a name is for a certificate of any CA (RFC 2408 3.10).
void Signature::note_requests(const Incoming& message) {
    for (const auto* request : wire::find_all<wire::CertificateRequest>(message.payloads)) {
        if (request->encoding != wire::certificate_encoding::kX509Signature) continue;
        requested_ = true;
        if (!request->authority.empty()) their_authorities_.push_back(request->authority);
    }
}

void Signature::request_certificates(Payloads& payloads) const {
    for (const Bytes& authority : credentials_->authorities() | std::views::take(kMostRequests)) {
        payloads.push_back({wire::CertificateRequest{wire::certificate_encoding::kX509Signature, authority}});
    }
}

std::expected<Payloads, Failure> Signature::key_exchange(Session& session, exchange::Host&) {
    Payloads payloads = clear_key_exchange(session);
    if (!session.initiator()) request_certificates(payloads);
    return payloads;
}

std::optional<Failure> Signature::take_key_exchange(Session& session, exchange::Host&,
                                                    const Incoming& message) {
    note_requests(message);
    return take_clear_key_exchange(session, message);
}

std::expected<Secret, Failure> Signature::skeyid(const Session& session, const exchange::Host&,
                                                 const Secret& dh_secret) {
    return signature_skeyid(session.key_context().hash, session.initiator_nonce, session.responder_nonce,
                            dh_secret);
}

std::expected<Payloads, Failure> Signature::proof(const Session& session) {
    const auth::OwnCertificate& shown = own();
    const wire::Identification id = to_payload(shown.id(session.name.local.address));
    Payloads payloads{{id}};
    if (requested_ || credentials_->send_unasked()) {
        payloads.push_back(certificate(shown.der()));
        for (const Bytes& between : shown.chain())
            payloads.push_back(certificate(between));
    }
    payloads.push_back({wire::Signature{shown.sign(proof_hash(session, Side::kOwn, body_of(id)))}});
    if (session.initiator()) request_certificates(payloads);
    return payloads;
}

std::expected<std::string, Failure> Signature::take_proof(const Session& session, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kIdentification},
                                                                 {PayloadType::kSignature},
                                                                 {PayloadType::kCertificate, 0, 16},
                                                                 {PayloadType::kCertificateRequest, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return std::unexpected(malformed(std::move(*wrong)));
    }
    note_requests(message);
    const auto& id = *wire::find<wire::Identification>(message.payloads);
    const std::vector<Bytes> certificates = certificates_of(message);
    if (!certificates.empty()) their_certificate_ = certificates.front();
    const auto peer =
        credentials_->check(certificates, from_payload(id), session.pad.x509_name, auth::KeyUse::kSignature);
    if (!peer) return std::unexpected(certificate_failure(peer.error()));
    if (peer->kind() != kind_) {
        return std::unexpected(certificate_failure(
            {auth::SecStatus::kAlgorithmMismatch,
             "the peer's certificate has a key of another kind than the method that was negotiated"}));
    }
    const auto& signature = *wire::find<wire::Signature>(message.payloads);
    if (!peer->verifies(proof_hash(session, Side::kPeer, body_of(id)), signature.data)) {
        Failure failure = wrong_proof(
            "the peer's signature is wrong: its private key is not that of its certificate, or the message "
            "was forged");
        failure.notify = wire::notify::kInvalidSignature;
        return std::unexpected(std::move(failure));
    }
    return auth::to_string(from_payload(id));
}

}  // namespace keyline::ikev1
