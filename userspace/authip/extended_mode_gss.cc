#include "authip/extended_mode_gss.h"

#include <utility>

#include "authip/message_io.h"

namespace keyline::authip {

using exchange::Reason;
using exchange::Stage;

// M10, M14. Policy names hosts: to a responder, somebody else than the machine has any name.
auth::PeerNames ExtendedModeGss::peer_names(auth::MethodId method) const {
    const ExtendedMode& extended = *session_.extended;
    auth::PeerNames peer{.announced = extended.announced_peer.empty() ? session_.announced_peer
                                                                      : extended.announced_peer};
    if (session_.initiator() || !credentials_.any())
        peer.wanted = session_.pad.name_for(static_cast<policy::AuthMethod>(method));
    return peer;
}

bool ExtendedModeGss::send(wire::GssApi payload) {
    constexpr auto kType = wire::ExchangeType::kAuthipExtendedMode;
    if (!session_.initiator())
        return send_answer(session_, host_, kType, kExtendedModeMessageId, {{std::move(payload)}}, true);
    session_.state = State::kExtendedModeGssApiRequestSent;
    return send_request(session_, host_, kType, kExtendedModeMessageId, {{flagged(std::move(payload))}},
                        true);
}

void ExtendedModeGss::succeeded() { send_final_request(session_, host_); }

std::optional<Failure> ExtendedModeGss::take(const GssResult& result) {
    const auto dh_secret = accept(result);
    if (!dh_secret) return dh_secret.error();
    ExtendedMode& extended = *session_.extended;
    extended.skeyid_em =
        derive_skeyid_em(session_.key_context(), {.initiator_nonce = session_.initiator_nonce,
                                                  .responder_nonce = session_.responder_nonce,
                                                  .dh_secret = dh_secret->view(),
                                                  .gss_secret = result.secret.view()});
    extended.method = result.method;
    extended.proved_peer = result.peer;
    return std::nullopt;
}

Bytes extended_proof(const Session& session, exchange::Role of) {
    const Secret& skeyid = session.keys->skeyid;
    const ByteView chain = session.transcript.value();
    const ByteView extended_chain = session.extended->transcript.value();
    const Secret& skeyid_em = session.extended->skeyid_em;
    const crypto::HashAlgorithm hash = session.hash();
    if (of == exchange::Role::kInitiator)
        return auth3(hash, skeyid_em, extended_chain, auth1(hash, skeyid, chain));
    return auth4(hash, skeyid_em, extended_chain, auth2(hash, skeyid, chain));
}

Failure invalid_extended(std::string text) {
    return {Stage::kExtendedMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload, std::move(text)};
}

Failure untimely_extended(std::string text) {
    return {Stage::kExtendedMode, Reason::kWrongState, ErrorCode::kProcessing, std::move(text)};
}

}  // namespace keyline::authip
