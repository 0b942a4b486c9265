// A main mode SA of either protocol, as the engine drives it. What the engine must know of an SA is in MmSa;
// what the protocol keeps besides is its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exchange/event.h"
#include "exchange/host.h"
#include "exchange/mm_sa.h"
#include "policy/main_mode.h"
#include "wire/message.h"

namespace keyline::exchange {

// Why this host deletes an SA; each protocol has its own word for it on the wire.
enum class Deletion : std::uint8_t { kDeleted, kShuttingDown };

struct Session : MmSa {
    virtual ~Session() = default;

    virtual wire::Dialect dialect() const = 0;
    // The specification's name of the state.
    virtual std::string state_name() const = 0;
    // It has ended and is kept to answer repetitions, until it is forgettable.
    virtual bool deleted() const = 0;

    // Starts a fresh initiator, whose names, waiting request and expected peer are set. `main_mode` has been
    // restricted to the methods that may be used.
    virtual void start(Host& host, const policy::MainMode& main_mode) = 0;
    // A first message, into a fresh responder whose expected peer is set. False: it has been refused, and
    // there is nothing to keep.
    virtual bool accept(Host& host, const DatagramReceived& datagram, const wire::Header& header) = 0;
    // A responder that has done no more than answer a first message without a DoS cookie: the same with one
    // may take its place.
    virtual bool may_begin_anew() const { return false; }
    // A datagram of this protocol with the SA's initiator cookie, between its two addresses.
    virtual void receive(Host& host, const DatagramReceived& datagram, const wire::Header& header) = 0;
    // The authentication step that start_step asked for has ended.
    virtual void finish_step(Host& host, auth::StepResult result) = 0;

    // Sends what can be sent now: queued notifies, quick modes that wait.
    virtual void pump(Host& host) = 0;
    // When `expire` is to be called next; kNever when nothing is due.
    virtual Instant next_deadline(const policy::Keying& keying) const = 0;
    // Does whatever is due at host.now().
    virtual void expire(Host& host) = 0;

    // Whether this side may start quick modes under the SA; otherwise it can only ask the peer for them.
    virtual bool starts_quick_modes() const = 0;
    virtual void ask_for_quick_mode(Host& host, const Traffic& traffic) = 0;
    // Requests of this host whose quick modes are under way.
    virtual std::vector<QmRequest*> requests() = 0;
    // Traffic of the peer's quick modes that are under way here.
    virtual std::vector<Traffic> peers_quick_modes() const = 0;
    // The peer began the main mode, and its first quick mode is still to come or to end.
    virtual bool awaits_first_quick_mode() const = 0;
    // A responder's initiator has answered a message: its address is not forged.
    virtual bool peer_answers() const = 0;
    // Quick modes of either side are under way.
    virtual bool negotiating() const = 0;

    // This side deletes the SA with the quick modes given: the peer is told of each, then of the SA.
    virtual void remove(Host& host, Deletion why, std::span<const QmSa> quick_modes,
                        const std::string& text) = 0;
    // No new quick modes: the peer is told where the protocol has a word for it; those that exist live on.
    // What waits is the host's to move.
    virtual void close(Host& host) {
        closing = true;
        host.mm_closing(*this);
    }
    // Its end, but nobody is told.
    virtual void end(Host& host, const std::string& text) = 0;
    // One established quick mode under a living SA: the peer is told; the SAs are the caller's.
    virtual void remove_quick_mode(Host& host, const QmSa& quick_mode) = 0;

    // A NAT has given the peer, whose endpoint is in `name`, another port: quick modes under way follow.
    virtual void peer_port_changed(Host&) {}

    // Asks an established SA's peer for a sign of life; without one the SA ends as `lost`. False: the
    // protocol or the peer has no word for that.
    virtual bool probe(Host&) { return false; }

    // ESP has come from the peer under an SPI that no SA of this host has. Anybody can forge that.
    virtual void meet_stray(Host&) {}

    // An initiator that has ended by a refusal of what one side has shown of itself: what else there is to be
    // tried, in a fresh session that takes its place and is to be started with this `main_mode`.
    struct Attempt {
        std::unique_ptr<Session> session;
        policy::MainMode main_mode;
    };
    virtual std::optional<Attempt> next_attempt(const Host&) const { return std::nullopt; }
    // What a fresh responder may know from another SA with the same peer, by the same protocol.
    virtual void learn_from(const Session&) {}

    // Messages are owed to the peer: shutdown waits for them.
    virtual bool owes() const = 0;
    virtual bool forgettable(Instant now) const = 0;
    // A deleted SA is to be forgettable from `now` on.
    virtual void forget(Instant now) = 0;

    // What both sides have agreed on, or policy's.
    virtual std::chrono::seconds lifetime() const = 0;
    // Whether its algorithms, as far as they are chosen, are among those of `main_mode`.
    virtual bool proposal_allowed(const policy::MainMode& main_mode) const = 0;
    // Whether whose credentials it is by, and its extended mode, planned or over, are what the rule asks for.
    virtual bool authenticates_for(const policy::Rule& rule) const { return !rule.needs_authip(); }
    // Whose credentials main mode is by.
    virtual CredentialFlags credentials_used() const { return {}; }
    // What extended mode has proved, once it is over.
    virtual std::optional<EmProof> extended_proof() const { return std::nullopt; }
    // Methods that it may still end with; once established, `method` is the one.
    virtual const std::vector<auth::MethodId>& candidates() const = 0;
};

}  // namespace keyline::exchange
