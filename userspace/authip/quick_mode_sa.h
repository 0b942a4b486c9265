// From what a quick mode has agreed on to the two SAs (MS-AIPS 3.1.7.4; interpretation items 24, 25).
#pragma once

#include "authip/failure.h"
#include "authip/session.h"
#include "exchange/host.h"
#include "exchange/qm_proposal.h"

namespace keyline::authip {

// Derives the keys of both directions and installs the inbound SA; the outbound one waits in `negotiation`,
// which has the nonces, the Diffie-Hellman secret and the chosen transform with the peer's SPI. Under an SA
// with an extended mode its SKEYID_em is in the keys, so that one is over.
void install_inbound(Session& session, exchange::Host& host, QmNegotiation& negotiation);
void install_outbound(exchange::Host& host, QmNegotiation& negotiation);

// Both SAs are installed: the negotiation ends, the host takes the quick mode over. The first one completes
// the main mode SA.
void establish_quick_mode(Session& session, exchange::Host& host, QmNegotiation& finished);

// Who may dictate this quick mode's keys.
Dictator dictator_of(const QmNegotiation& negotiation);

// Octets of keying material that the suite takes in each direction.
std::size_t key_octets(const policy::EspSuite& suite);

// KeyDict(In) and KeyDict(Out), when this host dictates; else nothing.
std::expected<std::vector<wire::Payload>, std::string> dictation_payloads(const Session& session,
                                                                          exchange::Host& host,
                                                                          const QmNegotiation& negotiation);
// What the peer dictates with a later message than the one that installed the inbound SA replaces that SA:
// nothing has been sent under the derived keys. The error is one line.
std::optional<std::string> consume_dictated_keys(Session& session, exchange::Host& host,
                                                 QmNegotiation& negotiation,
                                                 const std::vector<wire::Payload>& payloads);

// The peer has another port (RFC 3947 7): what the quick mode has installed and will install goes there.
void follow_port(QmNegotiation& negotiation, exchange::Host& host, const Endpoint& remote);

// Item 28: exactly one transform, no KE and no SKWt in #5.
bool is_fast(std::size_t transforms, bool has_ke, bool has_weight);

// A peer that chooses the SPI of another SA of its own is broken: the two could not be told apart.
bool peer_spi_in_use(const Session& session, const exchange::Host& host, std::uint32_t spi);

}  // namespace keyline::authip
