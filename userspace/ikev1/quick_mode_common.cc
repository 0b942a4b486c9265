#include <algorithm>
#include <utility>

#include "exchange/quick_mode_report.h"
#include "ikev1/quick_mode.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using wire::PayloadType;

void set_keys(policy::SadEntry& entry, const Session& session, const QmNegotiation& negotiation) {
    const std::size_t encryption_octets = entry.suite.encryption_key_octets();
    const std::size_t integrity_octets = entry.suite.integrity_key_octets();
    const Secret keymat = derive_keymat(session.key_context(),
                                        {.skeyid_d = session.keys->skeyid_d,
                                         .dh_secret = negotiation.dh_secret,
                                         .spi = entry.spi,
                                         .initiator_nonce = negotiation.initiator_nonce,
                                         .responder_nonce = negotiation.responder_nonce},
                                        encryption_octets + integrity_octets);
    entry.encryption_key = keymat.slice(0, encryption_octets);
    entry.integrity_key = keymat.slice(encryption_octets, integrity_octets);
}

}  // namespace

std::optional<std::string> check_quick_mode(const Session& session, const Incoming& message) {
    if (auto wrong =
            exchange::check_payloads(message.payloads, {{PayloadType::kHash},
                                                        {PayloadType::kSecurityAssociation},
                                                        {PayloadType::kNonce},
                                                        {PayloadType::kKeyExchange, 0, 1},
                                                        {PayloadType::kIdentification, 0, 2},
                                                        {PayloadType::kNatOriginalAddressDraft, 0, 2},
                                                        {PayloadType::kNotification, 0, 8}})) {
        return wrong;
    }
    if (!exchange::nonce_acceptable(*wire::find<wire::Nonce>(message.payloads)))
        return "a nonce of wrong length";
    if (wire::find_all<wire::Identification>(message.payloads).size() == 1) return "one ID payload alone";
    if (!session.established) return "main mode is not done";
    return std::nullopt;
}

exchange::SaPair make_keyed_sas(const Session& session, const QmNegotiation& negotiation,
                                const exchange::QmTransform& chosen) {
    exchange::SaPair sas = exchange::make_sa_pair(session,
                                                  {.traffic = negotiation.traffic,
                                                   .quick_mode = negotiation.quick_mode,
                                                   .engine = negotiation.engine,
                                                   .inbound_spi = negotiation.inbound_spi},
                                                  chosen);
    set_keys(sas.inbound, session, negotiation);
    set_keys(sas.outbound, session, negotiation);
    return sas;
}

void finish_quick_mode(Session& session, Host& host, QmNegotiation& negotiation) {
    QmNegotiation done = std::move(negotiation);
    std::erase_if(session.negotiations,
                  [&](const QmNegotiation& other) { return other.message_id == done.message_id; });
    finish_exchange(session, done.message_id, std::move(done.answered));
    exchange::QmSa& sa = *done.sa;
    sa.established = host.now();
    const exchange::QmRequest* const request = done.request ? &*done.request : nullptr;
    exchange::report_established(host, session, sa, request, !done.dh_secret.empty());
    host.qm_established(session, std::move(sa), request);
}

}  // namespace keyline::ikev1
