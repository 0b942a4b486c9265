// What an exchange may use of the engine while one event is handled. The engine (keyer/) implements it; the
// protocols (authip/, ikev1/) know no more of the engine than this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/method.h"
#include "crypto/random.h"
#include "exchange/action.h"
#include "exchange/counters.h"
#include "exchange/instant.h"
#include "exchange/mm_sa.h"
#include "exchange/quick_mode.h"
#include "policy/lookup.h"

namespace keyline::exchange {

class Host {
  public:
    virtual ~Host() = default;

    virtual Instant now() const = 0;
    virtual crypto::RandomSource& random() = 0;
    virtual const policy::Lookup& lookup() const = 0;
    // nullptr when no credential for it is configured.
    virtual auth::Method* method(auth::MethodId id) const = 0;

    virtual void act(Action action) = 0;
    void report(Report report) { act(std::move(report)); }
    virtual void count(Reason reason) = 0;

    // MS-AIPS 3.1.7.2: what is sent now is sent again once at most.
    virtual bool shutting_down() const = 0;

    // For a negotiation that this host begins with `remote`.
    virtual wire::Cookie new_initiator_cookie(const IpAddress& remote) = 0;
    // An inbound SPI that no SA and no negotiation of this host has: random, 256 or more (Q2). It is given
    // back unless it comes with qm_established.
    virtual std::uint32_t new_spi() = 0;
    virtual void release_spi(std::uint32_t spi) = 0;
    // MS-IKEE 3.3.1: one counter for all fragmented messages.
    virtual std::uint16_t new_fragment_id() = 0;
    // Runs the step off the loop; the result comes to the SA that asked.
    virtual void start_step(MmSa& sa, std::shared_ptr<auth::Context> context, auth::StepInput input) = 0;

    // An authenticated message under this SA came from there, and the peer may be behind a NAT. The host
    // moves the SA and its quick modes, if policy allows.
    virtual void peer_moved(MmSa& sa, const Endpoint& remote) = 0;
    // The SA's first quick mode has proved both sides.
    virtual void mm_established(MmSa& sa) = 0;
    // The peer forbids new quick modes under this SA (MS-AIPS 3.1.5.1). Those in `sa.waiting` are the host's
    // to move.
    virtual void mm_closing(MmSa& sa) = 0;
    // The SA has ended; the protocol still answers repetitions under it. Its quick modes live on, those in
    // `sa.waiting` are the host's to move or to fail. `text` is one line.
    virtual void mm_ended(MmSa& sa, const std::string& text) = 0;

    // Both SAs of a quick mode are installed; `request` is null for a responder. The host takes over its
    // lifetimes.
    virtual void qm_established(MmSa& sa, QmSa qm, const QmRequest* request) = 0;
    // A quick mode that this host asked for has failed; the main mode SA lives on.
    virtual void qm_failed(MmSa& sa, QmRequest request, const std::string& text) = 0;
    // The peer has deleted an established quick mode, or all of them. No notify answers.
    virtual void qm_deleted_by_peer(MmSa& sa, std::uint32_t message_id) = 0;
    // The same by the SPI that this host sends under.
    virtual void qm_deleted_by_spi(MmSa& sa, std::uint32_t outbound_spi) = 0;
    // Established quick modes of this SA that are alive.
    virtual std::size_t live_quick_modes(const MmSa& sa) const = 0;
    // Whether an established quick mode with this peer sends under this SPI.
    virtual bool sends_under(const IpAddress& remote, std::uint32_t spi) const = 0;
    virtual bool has_quick_mode(const MmSa& sa, std::uint32_t message_id) const = 0;
    // Whether any SA with this peer is established, main or quick mode (MS-IKEE 1.3.4, 3.5.4.1).
    virtual bool has_sa_with(const IpAddress& remote) const = 0;
    // The handle of a peer's user whom extended mode has proved (MS-AIPS 3.7.5.2): the same name, the same
    // handle; kPeerUsers or more.
    virtual std::uint32_t handle_of_user(const std::string& name) = 0;
    // The peer asks for a quick mode (NOTIFY_ACQUIRE, Q9), maybe one that encrypts. `selector` is seen from
    // this host.
    virtual void asked_to_acquire(MmSa& sa, const policy::Selector& selector, policy::Mode mode,
                                  bool guarantee_encryption) = 0;
};

}  // namespace keyline::exchange
