// From what a quick mode has agreed on to the two SAs (MS-AIPS 3.1.7.4; interpretation items 24, 25).
#pragma once

#include "authip/failure.h"
#include "authip/session.h"
#include "exchange/host.h"
#include "exchange/qm_proposal.h"

namespace keyline::authip {

struct QmSaPair {
    policy::SadEntry inbound;
    policy::SadEntry outbound;
};

// Derives the keys of both directions. The nonces and the Diffie-Hellman secret are in `negotiation`, the
// peer's SPI in `chosen`.
QmSaPair make_sas(const Session& session, const exchange::Host& host, const QmNegotiation& negotiation,
                  const QmTransform& chosen);

// Who may dictate this quick mode's keys.
Dictator dictator_of(const QmNegotiation& negotiation);

// Octets of keying material that the suite takes in each direction.
std::size_t key_octets(const policy::EspSuite& suite);

// The record the engine keeps of it.
exchange::QmSa make_record(const Session& session, exchange::Instant now, const QmNegotiation& negotiation,
                           const QmSaPair& sas);

// The peer has another port (RFC 3947 7): what the quick mode has installed and will install goes there.
void follow_port(QmNegotiation& negotiation, exchange::Host& host, const Endpoint& remote);

// Item 28: exactly one transform, no KE and no SKWt in #5.
bool is_fast(std::size_t transforms, bool has_ke, bool has_weight);

// The selectors as this host's SAs have them. Transport mode protects the SA's own two ends; behind a NAT a
// single-host ID is accepted in place of the translated address (Q5). nullopt when transport mode's IDs are
// anything else.
std::optional<policy::Selector> sa_selectors(const Session& session, policy::Mode mode,
                                             policy::Selector proposed);

// A peer that chooses the SPI of another SA of its own is broken: the two could not be told apart.
bool peer_spi_in_use(const Session& session, const exchange::Host& host, std::uint32_t spi);

void report_established(Session& session, exchange::Host& host, const QmNegotiation& negotiation, bool rekey);

}  // namespace keyline::authip
