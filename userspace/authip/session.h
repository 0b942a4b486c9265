// AuthIP's main mode SA: everything the main mode, its GSS-API exchange, its quick modes and its notifies
// keep between two events (MS-AIPS 3.1.1). The functions that work on it are one file per exchange.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "authip/gss_exchange.h"
#include "authip/key_dictation.h"
#include "authip/keys.h"
#include "authip/mm_proposal.h"
#include "crypto/dh.h"
#include "exchange/payload_check.h"
#include "exchange/qm_proposal.h"
#include "exchange/retransmission.h"
#include "exchange/sequence_window.h"
#include "exchange/session.h"
#include "exchange/traffic_id.h"
#include "exchange/transcript.h"

namespace keyline::authip {

// What is written once for both protocols.
using exchange::agreed_lifetime;
using exchange::build_qm_choice;
using exchange::build_qm_offer;
using exchange::build_traffic_ids;
using exchange::check_payloads;
using exchange::choose_qm_transform;
using exchange::encapsulation_mode;
using exchange::mode_of;
using exchange::nonce_acceptable;
using exchange::parse_qm_choice;
using exchange::parse_qm_offer;
using exchange::parse_traffic_ids;
using exchange::QmOffer;
using exchange::QmTransform;
using exchange::TrafficIds;

// The specification's states of the main mode SA, its first quick mode and its extended mode. Later quick
// modes run in the last of them.
enum class State : std::uint8_t {
    kStart,
    kMainModeFirstGeneralizedPacketSent,      // initiator
    kGssApiRequestSent,                       // initiator
    kQuickModeInitiatorFirstPacketSent,       // initiator
    kQuickModeInitiatorSecondPacketSent,      // initiator
    kQuickModeInitiatorDone,                  // initiator
    kExtendedModeFirstRequestSent,            // initiator
    kExtendedModeGssApiRequestSent,           // initiator
    kExtendedModeFinalRequestSent,            // initiator
    kMainModeResponderFirstExchangeDone,      // responder
    kQuickModeResponderFirstExchangeDone,     // responder
    kQuickModeResponderDone,                  // responder
    kExtendedModeResponderFirstExchangeDone,  // responder
    kExtendedModeComplete,                    // either
    kDeleted,                                 // answers repetitions for a while (S11)
};
std::string to_string(State state);

// One counter per exchange type, shared by both sides (item 7). A responder also keeps its last answer (item
// 9).
struct Channel {
    std::uint32_t next = 0;
    bool busy = false;  // responder: the request `next` is being worked on
    std::optional<std::uint32_t>
        refused;                // responder: message ID of request `next` that a notify answered (S1)
    Bytes answer;               // responder: datagram that answered `next - 1`; empty: none
    bool answer_large = false;  // as Request::large
};

// The initiator's one unanswered request.
struct Request {
    wire::ExchangeType exchange{};
    std::uint32_t message_id = 0;
    bool encrypted = false;
    Bytes datagram;
    bool large = false;  // of a kind that grows large and may be sent in fragments
    exchange::Instant sent{};
    std::string payloads;  // for people
    std::uint32_t number = 0;
    exchange::Retransmission retransmission;
};

// Reliable notifies: one outstanding, the others queued (MS-AIPS 3.1.7.5).
struct OutgoingNotify {
    std::uint32_t message_id = 0;
    std::vector<wire::Payload> payloads;  // the Notify, and for NOTIFY_ACQUIRE its IDs
};
struct NotifySender {
    std::uint32_t next = 0;  // this sender's counter (item 8)
    std::deque<OutgoingNotify> queue;
    struct Outstanding {
        std::uint32_t sequence = 0;
        std::uint32_t message_id = 0;
        Bytes datagram;
        std::string payloads;
        exchange::Retransmission retransmission;
    };
    std::optional<Outstanding> outstanding;
};
struct NotifyReceiver {
    exchange::SequenceWindow window;
    std::deque<std::pair<std::uint32_t, Bytes>> acks;  // of the last reliable ones, by their sequence number
};

// A quick mode between its first message and its last.
struct QmNegotiation {
    std::uint32_t message_id = 0;
    bool first = false;                          // message ID 0, inside main mode's exchange type
    bool fast = false;                           // ends with its second message (item 28)
    bool synchronizing = false;                  // its first exchange is over
    std::optional<exchange::QmRequest> request;  // initiator
    exchange::Traffic traffic;
    TrafficIds ids;
    policy::QuickMode quick_mode;
    policy::Engine engine = policy::Engine::kAuto;
    std::uint32_t exchange_info = 0;       // what is said of the rule
    std::uint32_t peer_exchange_info = 0;  // what the peer said of its own
    Bytes initiator_nonce;                 // Ni(qm)
    Bytes responder_nonce;                 // Nr(qm)
    std::optional<crypto::DhKeyPair> dh;   // PFS
    Secret dh_secret;
    std::uint32_t inbound_spi = 0;
    exchange::Instant begun{};
    exchange::Instant give_up = exchange::kNever;  // responder: the synchronize must have come (Q11)
    std::optional<std::uint32_t> peer_weight;      // SKWt
    std::optional<DictatedKeys> dictated;          // keys in place of derived ones
    std::optional<QmTransform> chosen;             // what the first exchange agreed on
    std::optional<policy::SadEntry> outbound;      // not installed yet
    std::optional<exchange::QmSa> sa;              // its inbound SA is installed
};

// The GSS-API round trips of main or extended mode, once they have begun.
using GssExchange = std::variant<std::monostate, GssInitiator, GssResponder>;

// Whose credentials an authentication is by, as its initiator says in the flags of its GSS-API payloads.
struct Credentials : exchange::CredentialFlags {
    std::string name;  // initiator: of the explicit ones in policy

    bool operator==(const Credentials&) const = default;
};

// Extended mode (MS-AIPS 3.6, 3.7): planned by the policy of the first quick mode, whose SAs wait for it
// (item 29), and run once (Q8).
struct ExtendedMode {
    std::vector<auth::MethodId> methods;  // policy's; then #7's list, then #8's
    std::string announced_peer;           // initiator: #8's GSS_ID; empty: main mode's name
    GssExchange gss;
    // T' (item 23); its hash is main mode's.
    exchange::Transcript transcript = exchange::Transcript::extended_mode(crypto::HashAlgorithm::kSha256);
    Credentials credentials;
    exchange::Instant give_up = exchange::kNever;  // responder: #7 must have come
    std::optional<auth::MethodId> method;          // that succeeded
    std::string proved_peer;
    Secret skeyid_em;
};

struct Session final : exchange::Session {
    State state = State::kStart;
    std::uint32_t messages =
        0;  // distinct ones of the main and quick mode exchanges so far, for the ladder's "#n"

    // First exchange.
    policy::MainMode main_mode;  // as it was when the negotiation started
    policy::DhGroup group = policy::DhGroup::kNone;
    std::optional<MmTransform> chosen;
    std::vector<auth::MethodId> methods;       // #1's list, later #2's
    std::vector<wire::Payload> first_message;  // initiator: #1, to be sent again with a DoS cookie (item 2)
    unsigned cookies_followed = 0;             // D1
    Bytes initiator_nonce;
    Bytes responder_nonce;
    Bytes first_qm_responder_nonce;  // Nr(qm) of #2 (item 27)
    std::optional<crypto::DhKeyPair> dh;
    Bytes peer_public_value;
    exchange::Transcript transcript = exchange::Transcript::main_mode();
    GssExchange gss;
    Credentials credentials;  // main mode's

    wire::Cookie first_responder_cookie{};  // responder: CKY-R of #1, which a refusal of #1 repeats (S7)
    wire::SecurityAssociation choice;       // responder: #2's SA payload

    // Keys, once the GSS-API exchange is done on this side.
    std::optional<MmKeys> keys;
    std::optional<ExtendedMode> extended;
    bool heard_encrypted = false;  // clear messages are not believed any more (S5)

    Channel mm_channel;
    Channel qm_channel;
    Channel em_channel;
    std::optional<Request> request;
    NotifySender notifies;
    NotifyReceiver received;
    std::vector<QmNegotiation> negotiations;
    // Responder: quick modes that the peer has deleted before their request came, reordered; the last few.
    std::deque<std::uint32_t> deleted_early;

    // After the end (S11).
    Bytes farewell;  // the clear NOTIFY_STATUS that ended it; empty when the notify was encrypted, or none
                     // was sent
    exchange::Instant forget_at = exchange::kNever;

    Channel& channel(wire::ExchangeType type) {
        switch (type) {
            case wire::ExchangeType::kAuthipMainMode:
                return mm_channel;
            case wire::ExchangeType::kAuthipExtendedMode:
                return em_channel;
            default:
                return qm_channel;
        }
    }
    // The first quick mode's SAs are installed by extended mode, which has not got there yet (item 29).
    bool awaits_extended_mode() const { return extended && extended->skeyid_em.empty(); }
    // Keys exist and belong to what comes next: the sender's notifies are encrypted (S5).
    bool has_keys() const { return keys.has_value(); }
    crypto::HashAlgorithm hash() const { return exchange::hash_of(chosen->proposal.hash); }
    crypto::CipherAlgorithm cipher() const { return exchange::cipher_of(chosen->proposal.encryption); }
    KeyContext key_context() const { return {hash(), cipher(), initiator_cookie, responder_cookie}; }

    // exchange::Session
    wire::Dialect dialect() const override { return wire::Dialect::kAuthip; }
    std::string state_name() const override { return to_string(state); }
    bool deleted() const override { return state == State::kDeleted; }
    void start(exchange::Host& host, const policy::MainMode& with) override;
    bool accept(exchange::Host& host, const exchange::DatagramReceived& datagram,
                const wire::Header& header) override;
    bool may_begin_anew() const override;
    void receive(exchange::Host& host, const exchange::DatagramReceived& datagram,
                 const wire::Header& header) override;
    void finish_step(exchange::Host& host, auth::StepResult result) override;
    void pump(exchange::Host& host) override;
    exchange::Instant next_deadline(const policy::Keying& keying) const override;
    void expire(exchange::Host& host) override;
    bool starts_quick_modes() const override { return initiator(); }
    void ask_for_quick_mode(exchange::Host& host, const exchange::Traffic& traffic) override;
    std::vector<exchange::QmRequest*> requests() override;
    std::vector<exchange::Traffic> peers_quick_modes() const override;
    bool awaits_first_quick_mode() const override { return !initiator() && !established; }
    bool peer_answers() const override {
        return mm_channel.next > 1 || first_responder_cookie != wire::Cookie{};
    }
    bool negotiating() const override { return !negotiations.empty(); }
    void remove(exchange::Host& host, exchange::Deletion why, std::span<const exchange::QmSa> quick_modes,
                const std::string& text) override;
    void close(exchange::Host& host) override;
    void end(exchange::Host& host, const std::string& text) override;
    void remove_quick_mode(exchange::Host& host, const exchange::QmSa& quick_mode) override;
    void peer_port_changed(exchange::Host& host) override;
    void meet_stray(exchange::Host& host) override;
    bool owes() const override;
    bool forgettable(exchange::Instant now) const override;
    void forget(exchange::Instant now) override { forget_at = now; }
    std::chrono::seconds lifetime() const override;
    bool proposal_allowed(const policy::MainMode& allowed) const override;
    // extended_mode.cc
    bool authenticates_for(const policy::Rule& rule) const override;
    std::optional<exchange::EmProof> extended_proof() const override;
    exchange::CredentialFlags credentials_used() const override { return credentials; }
    const std::vector<auth::MethodId>& candidates() const override { return methods; }
};

}  // namespace keyline::authip
