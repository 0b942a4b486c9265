#include "authip/quick_mode_sa.h"

#include <algorithm>
#include <utility>

#include "authip/keys.h"
#include "authip/message_io.h"
#include "exchange/quick_mode_report.h"
#include "exchange/quick_mode_sa.h"

namespace keyline::authip {
namespace {

using exchange::Host;

// `dictated` is null when the keys are derived.
void set_keys(policy::SadEntry& entry, const Session& session, const Host& host,
              const QmNegotiation& negotiation, const Secret* dictated) {
    const bool extended = session.extended.has_value();
    const QmKeyInput input{.message_id = negotiation.message_id,
                           .spi = entry.spi,
                           .initiator_nonce = negotiation.initiator_nonce,
                           .responder_nonce = negotiation.responder_nonce,
                           .skeyid_d = session.keys->skeyid_d.view(),
                           .dh_secret = negotiation.dh_secret.view(),
                           .mm_initiator_nonce = extended ? ByteView(session.initiator_nonce) : ByteView(),
                           .mm_responder_nonce = extended ? ByteView(session.responder_nonce) : ByteView(),
                           .skeyid_em = extended ? session.extended->skeyid_em.view() : ByteView()};
    const std::size_t encryption_octets = entry.suite.encryption_key_octets();
    const std::size_t integrity_octets = entry.suite.integrity_key_octets();
    const policy::QmKeyOrder order = host.lookup().policy().keying.qm_key_order;
    QmKeys keys =
        dictated ? split_qm_keys(*dictated, encryption_octets, integrity_octets, order)
                 : derive_qm_keys(session.key_context(), input, encryption_octets, integrity_octets, order);
    entry.encryption_key = std::move(keys.encryption_key);
    entry.integrity_key = std::move(keys.integrity_key);
}

exchange::SaPair make_keyed_sas(const Session& session, const Host& host, const QmNegotiation& negotiation) {
    exchange::SaPair sas = exchange::make_sa_pair(session,
                                                  {.traffic = negotiation.traffic,
                                                   .quick_mode = negotiation.quick_mode,
                                                   .engine = negotiation.engine,
                                                   .inbound_spi = negotiation.inbound_spi},
                                                  *negotiation.chosen);
    sas.outbound.boundary = (negotiation.peer_exchange_info & wire::kExchangeInfoNdBoundary) != 0;
    const DictatedKeys* dictated = negotiation.dictated ? &*negotiation.dictated : nullptr;
    set_keys(sas.inbound, session, host, negotiation, dictated ? &dictated->inbound : nullptr);
    set_keys(sas.outbound, session, host, negotiation, dictated ? &dictated->outbound : nullptr);
    return sas;
}

exchange::QmSa make_record(const Session& session, const Host& host, const QmNegotiation& negotiation,
                           const exchange::SaPair& sas) {
    exchange::QmSa record = exchange::make_record(session, host.now(),
                                                  {.traffic = negotiation.traffic,
                                                   .message_id = negotiation.message_id,
                                                   .role = session.role(),
                                                   .begun = negotiation.begun},
                                                  sas);
    if (session.extended) record.extended_method = session.extended->method;
    record.fast_failover = session.peer_announced.cluster;
    return record;
}

// Which exchange completes the main mode SA.
State final_state(const Session& session) {
    if (session.extended) return State::kExtendedModeComplete;
    return session.initiator() ? State::kQuickModeInitiatorDone : State::kQuickModeResponderDone;
}

}  // namespace

Dictator dictator_of(const QmNegotiation& negotiation) {
    return dictator(negotiation.quick_mode.key_dictation_weight, negotiation.peer_weight);
}

std::size_t key_octets(const policy::EspSuite& suite) {
    return suite.encryption_key_octets() + suite.integrity_key_octets();
}

void follow_port(QmNegotiation& negotiation, Host& host, const Endpoint& remote) {
    if (negotiation.outbound) negotiation.outbound->encapsulation.remote_port = remote.port;
    if (negotiation.sa) {
        host.act(exchange::MoveSa{policy::Direction::kInbound, negotiation.sa->inbound_spi, remote.address,
                                  remote});
    }
}

void install_inbound(Session& session, Host& host, QmNegotiation& negotiation) {
    exchange::SaPair sas = make_keyed_sas(session, host, negotiation);
    negotiation.sa = make_record(session, host, negotiation, sas);
    negotiation.outbound = std::move(sas.outbound);
    host.act(exchange::InstallSa{std::move(sas.inbound)});
}

void install_outbound(Host& host, QmNegotiation& negotiation) {
    host.act(exchange::InstallSa{std::move(*negotiation.outbound)});
    negotiation.outbound.reset();
}

void establish_quick_mode(Session& session, Host& host, QmNegotiation& finished) {
    QmNegotiation negotiation = std::move(finished);
    std::erase_if(session.negotiations,
                  [&](const QmNegotiation& other) { return other.message_id == negotiation.message_id; });
    if (negotiation.first) {
        session.state = final_state(session);
        session.established = true;
        host.mm_established(session);
    }
    negotiation.sa->established = host.now();
    exchange::report_established(host, session, *negotiation.sa,
                                 negotiation.request ? &*negotiation.request : nullptr,
                                 !negotiation.dh_secret.empty());
    const exchange::QmRequest* request = negotiation.request ? &*negotiation.request : nullptr;
    host.qm_established(session, std::move(*negotiation.sa), request);
}

std::expected<std::vector<wire::Payload>, std::string> dictation_payloads(const Session& session, Host& host,
                                                                          const QmNegotiation& negotiation) {
    if (dictator_of(negotiation) != Dictator::kLocal) return {};
    return key_dictation_payloads(*negotiation.dictated, protection_of(session), host.random());
}

std::optional<std::string> consume_dictated_keys(Session& session, Host& host, QmNegotiation& negotiation,
                                                 const std::vector<wire::Payload>& payloads) {
    auto dictated = take_dictated_keys(payloads, dictator_of(negotiation),
                                       key_octets(negotiation.chosen->suite), protection_of(session));
    if (!dictated) return std::move(dictated.error());
    if (!*dictated) return std::nullopt;
    negotiation.dictated = std::move(*dictated);
    if (!negotiation.sa) return std::nullopt;
    host.act(
        exchange::RemoveSa{policy::Direction::kInbound, negotiation.inbound_spi, negotiation.traffic.remote});
    install_inbound(session, host, negotiation);
    return std::nullopt;
}

bool is_fast(std::size_t transforms, bool has_ke, bool has_weight) {
    return transforms == 1 && !has_ke && !has_weight;
}

bool peer_spi_in_use(const Session& session, const Host& host, std::uint32_t spi) {
    const bool negotiating = std::ranges::any_of(session.negotiations, [&](const QmNegotiation& negotiation) {
        return negotiation.chosen && negotiation.chosen->spi == spi;
    });
    return negotiating || host.sends_under(session.name.remote.address, spi);
}

}  // namespace keyline::authip
