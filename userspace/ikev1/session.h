// IKEv1's main mode SA: everything main mode, its quick modes and informational exchanges keep between two
// events (RFC 2409). The functions that work on it are one file per exchange.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/dh.h"
#include "exchange/payload_check.h"
#include "exchange/qm_proposal.h"
#include "exchange/retransmission.h"
#include "exchange/session.h"
#include "exchange/traffic_id.h"
#include "ikev1/authentication.h"
#include "ikev1/keys.h"
#include "ikev1/mm_proposal.h"

namespace keyline::ikev1 {

// RFC 2409 has no names for states; these say which message was the last to be sent.
enum class State : std::uint8_t {
    kStart,
    kMessage1Sent,  // initiator
    kMessage3Sent,  // initiator
    kMessage5Sent,  // initiator
    kMessage2Sent,  // responder
    kMessage4Sent,  // responder
    kDone,
    kDeleted,
};
std::string to_string(State state);

// A message that the peer has to answer.
struct Unanswered {
    Bytes datagram;
    exchange::MessageSent report;
    exchange::Retransmission retransmission;
};

// The last message taken in an exchange and what it was answered with: a repetition gets the same answer.
struct Answered {
    Bytes received;
    Bytes answer;  // empty: none
};

// A quick mode between its first message and its last.
struct QmNegotiation {
    std::uint32_t message_id = 0;
    exchange::Role role = exchange::Role::kInitiator;
    std::optional<exchange::QmRequest> request;  // initiator
    exchange::Traffic traffic;
    policy::QuickMode quick_mode;
    policy::Engine engine = policy::Engine::kAuto;
    exchange::TrafficIds ids;
    Bytes iv;  // of the exchange's next message
    Bytes initiator_nonce;
    Bytes responder_nonce;
    std::optional<crypto::DhKeyPair> dh;  // PFS
    Secret dh_secret;
    std::uint32_t inbound_spi = 0;
    exchange::Instant begun{};
    std::optional<policy::SadEntry> outbound;  // to be installed by the third message, or by CONNECTED
    std::optional<exchange::QmSa> sa;          // the inbound SA is installed
    std::optional<Unanswered> unanswered;
    Answered answered;
};

// A quick mode or a delete that is over on this side: what a repetition of its last message is answered with.
struct FinishedExchange {
    std::uint32_t message_id = 0;
    Answered answered;
};

// A delete that the peer has to acknowledge (MS-IKEE 3.8).
struct UnansweredDelete {
    std::uint32_t message_id = 0;
    Bytes iv;  // of the answer
    Bytes nonce;
    Unanswered sent;
};

// R-U-THERE under way (RFC 3706 5.3). Each repetition is a message of its own with the next number.
struct Probe {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    exchange::Retransmission retransmission;
};

// The revision that both sides know (MS-IKEE 3.2.1, "Selected Revision").
enum class NatTraversal : std::uint8_t { kNone, kDraft, kRfc3947 };

struct Session final : exchange::Session {
    State state = State::kStart;
    std::uint32_t messages = 0;  // distinct ones of main and quick modes so far, for the ladder's "#n"

    policy::MainMode main_mode;  // as it was when the negotiation started
    std::vector<auth::MethodId> methods;
    std::optional<MmChoice> chosen;
    std::unique_ptr<Authentication> authentication;  // with `chosen`
    Refusals refusals;
    bool try_another = false;  // it has failed by credentials: there may be others
    Bytes offer;               // SAi_b
    std::optional<crypto::DhKeyPair> dh;
    Bytes peer_public_value;
    Bytes initiator_nonce;
    Bytes responder_nonce;
    NatTraversal nat_traversal = NatTraversal::kNone;
    bool peer_knows_dpd = false;             // RFC 3706
    bool peer_acknowledges_deletes = false;  // "MS NT5 ISAKMPOAKLEY" (MS-IKEE 3.8.4.1)

    std::optional<MmKeys> keys;
    bool main_mode_done = false;  // even when the SA is deleted by now: what follows is encrypted
    Bytes iv;                     // of main mode's next encrypted message; once done, its last block

    std::optional<Unanswered> unanswered;
    Answered answered;
    std::vector<QmNegotiation> negotiations;
    std::deque<FinishedExchange> finished;  // the last few
    std::vector<UnansweredDelete> deletes;
    std::optional<Probe> probing;
    std::uint32_t probe_number = 0;  // of the last R-U-THERE
    exchange::Instant lived_at{};    // when the peer last answered what it could not have answered before
    exchange::Instant forget_at = exchange::kNever;

    // Informational exchanges are encrypted (RFC 2409 5.7): a responder sends none between its message 4 and
    // the peer's message 5, which is encrypted.
    bool peer_has_keys() const {
        return main_mode_done || state == State::kMessage4Sent || state == State::kMessage5Sent;
    }

    KeyContext key_context() const {
        const policy::MmProposal& algorithms = chosen->transform.proposal;
        return {exchange::hash_of(algorithms.hash), exchange::cipher_of(algorithms.encryption),
                initiator_cookie, responder_cookie};
    }

    // exchange::Session
    wire::Dialect dialect() const override { return wire::Dialect::kIkev1; }
    std::string state_name() const override { return to_string(state); }
    bool deleted() const override { return state == State::kDeleted; }
    void start(exchange::Host& host, const policy::MainMode& with) override;
    bool accept(exchange::Host& host, const exchange::DatagramReceived& datagram,
                const wire::Header& header) override;
    void receive(exchange::Host& host, const exchange::DatagramReceived& datagram,
                 const wire::Header& header) override;
    void finish_step(exchange::Host& host, auth::StepResult result) override;
    void pump(exchange::Host& host) override;
    exchange::Instant next_deadline(const policy::Keying& keying) const override;
    void expire(exchange::Host& host) override;
    // Both sides may, once main mode is done; an initiator's requests wait for that.
    bool starts_quick_modes() const override { return initiator() || established; }
    void ask_for_quick_mode(exchange::Host&, const exchange::Traffic&) override {}
    std::vector<exchange::QmRequest*> requests() override;
    std::vector<exchange::Traffic> peers_quick_modes() const override;
    bool awaits_first_quick_mode() const override {
        return !initiator() && negotiations.empty() && finished.empty();
    }
    bool peer_answers() const override { return established || state == State::kMessage4Sent; }
    bool negotiating() const override { return !negotiations.empty(); }
    void remove(exchange::Host& host, exchange::Deletion why, std::span<const exchange::QmSa> quick_modes,
                const std::string& text) override;
    void end(exchange::Host& host, const std::string& text) override;
    void remove_quick_mode(exchange::Host& host, const exchange::QmSa& quick_mode) override;
    bool probe(exchange::Host& host) override;
    std::optional<Attempt> next_attempt(const exchange::Host& host) const override;
    void learn_from(const exchange::Session& other) override;
    void peer_port_changed(exchange::Host& host) override;
    bool owes() const override { return !deletes.empty(); }
    bool forgettable(exchange::Instant now) const override {
        return deleted() && forget_at <= now && deletes.empty();
    }
    void forget(exchange::Instant now) override;
    std::chrono::seconds lifetime() const override;
    bool proposal_allowed(const policy::MainMode& allowed) const override;
    const std::vector<auth::MethodId>& candidates() const override { return methods; }
};

// Remembers an exchange that is over; nullptr when it is none of the last few.
void finish_exchange(Session& session, std::uint32_t message_id, Answered answered);
const FinishedExchange* find_finished(const Session& session, std::uint32_t message_id);

}  // namespace keyline::ikev1
