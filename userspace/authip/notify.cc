#include "authip/notify.h"

#include <algorithm>
#include <utility>

#include "authip/teardown.h"
#include "exchange/payload_check.h"
#include "exchange/quick_mode_sa.h"
#include "wire/describe.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;

wire::Payload notification(About about, std::uint8_t flags, std::uint16_t type, Bytes data = {}) {
    return {wire::AuthipNotification{.protocol_id = static_cast<std::uint8_t>(about),
                                     .flags = flags,
                                     .type = type,
                                     .data = std::move(data)}};
}

void report_notify(Session& session, Host& host, std::uint32_t message_id, const std::string& payloads,
                   std::size_t octets, bool again = false) {
    report_sent(session, host,
                {.exchange_type = static_cast<std::uint8_t>(wire::ExchangeType::kAuthipNotify),
                 .message_id = message_id,
                 .encrypted = session.has_keys(),
                 .retransmission = again,
                 .payloads = payloads,
                 .octets = octets});
}

std::string summary(const Session& session, const std::vector<wire::Payload>& payloads) {
    return wire::summarize(wire::ExchangeType::kAuthipNotify, sender_of(session, true), payloads);
}

// Returns the datagram.
Bytes send_unreliable(Session& session, Host& host, std::uint32_t message_id,
                      const std::vector<wire::Payload>& payloads) {
    auto datagram = build_notify(session, host, message_id, session.notifies.next++, payloads);
    if (!datagram) return {};
    transmit(session, host, *datagram);
    report_notify(session, host, message_id, summary(session, payloads), datagram->size());
    return std::move(*datagram);
}

void queue_reliable(Session& session, Host& host, OutgoingNotify notify) {
    session.notifies.queue.push_back(std::move(notify));
    pump_notifies(session, host);
}

// S4: copies message ID and Protocol-ID, its data is the acknowledged message's seqNUM.
void acknowledge(Session& session, Host& host, const Incoming& message,
                 const wire::AuthipNotification& notify) {
    Bytes data;
    append_be32(data, message.sequence);
    const std::vector<wire::Payload> ack{
        notification(static_cast<About>(notify.protocol_id), 0, wire::notify::kAck, data)};
    Bytes datagram = send_unreliable(session, host, message.header.message_id, ack);
    auto& acks = session.received.acks;
    acks.emplace_back(message.sequence, std::move(datagram));
    if (acks.size() > exchange::SequenceWindow::kSize) acks.pop_front();
}

// S3: a notify that was seen before gets the stored acknowledgement again.
void acknowledge_again(Session& session, Host& host, std::uint32_t sequence) {
    const auto& acks = session.received.acks;
    const auto stored = std::ranges::find(acks, sequence, &std::pair<std::uint32_t, Bytes>::first);
    if (stored == acks.end()) return;
    transmit(session, host, stored->second);
    report_notify(session, host, 0, "N(ACK)", stored->second.size(), true);
}

void acknowledged(Session& session, Host& host, const wire::AuthipNotification& ack) {
    auto& outstanding = session.notifies.outstanding;
    if (ack.data.size() != 4 || !outstanding || outstanding->sequence != load_be32(ack.data.data())) {
        host.count(Reason::kStale);
        return;
    }
    outstanding.reset();
    pump_notifies(session, host);
}

std::uint32_t status_code(const wire::AuthipNotification& notify) {
    return notify.data.size() == 4 ? load_be32(notify.data.data()) : 0;
}

// MS-AIPS 2.2.3.5, 3.4.5.3: a reliable NOTIFY_ACQUIRE with two IDs that follow it and are adjacent; nullopt:
// it is to be discarded silently.
std::optional<TrafficIds> acquire_ids(const std::vector<wire::Payload>& payloads) {
    const auto at = std::ranges::find(payloads, wire::PayloadType::kNotification, &wire::Payload::type);
    const auto& notify = std::get<wire::AuthipNotification>(at->body);
    const bool reliable = (notify.flags & wire::kReliableNotify) != 0;
    if (!reliable || notify.data.size() < 4 || std::distance(at, payloads.end()) < 3) return std::nullopt;
    const auto* first = std::get_if<wire::Identification>(&(at + 1)->body);
    const auto* second = std::get_if<wire::Identification>(&(at + 2)->body);
    if (first == nullptr || second == nullptr) return std::nullopt;
    return TrafficIds{*first, *second};
}

void acquire(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    const auto& notify = *wire::find<wire::AuthipNotification>(payloads);
    // Named from the acquirer's side: its own traffic first (item 31).
    const auto theirs = parse_traffic_ids(*acquire_ids(payloads), exchange::Role::kInitiator);
    const auto mode = mode_of(static_cast<std::uint16_t>(load_be32(notify.data.data())), session.nat_found());
    if (!theirs || !mode) return host.count(Reason::kSelectors);
    const auto selector = exchange::sa_selectors(session, *mode, theirs->reversed());
    if (!selector) return host.count(Reason::kSelectors);
    const bool guarantee = notify.data.size() >= 8 &&
                           (load_be32(notify.data.data() + 4) & wire::kExchangeInfoGuaranteeEncryption) != 0;
    host.asked_to_acquire(session, *selector, *mode, guarantee);
}

void process(Session& session, Host& host, const Incoming& message,
             const std::vector<wire::Payload>& payloads, const wire::AuthipNotification& notify) {
    switch (notify.type) {
        case wire::notify::kAck:
            return acknowledged(session, host, notify);
        case wire::notify::kStatus:
            if (notify.protocol_id == static_cast<std::uint8_t>(About::kQuickMode)) {
                return quick_mode_ended_by_peer(session, host, message.header.message_id,
                                                status_code(notify));
            }
            return main_mode_ended_by_peer(session, host, status_code(notify));
        case wire::notify::kNoProposalChosen:
            return quick_mode_ended_by_peer(session, host, message.header.message_id,
                                            static_cast<std::uint32_t>(ErrorCode::kPolicyMatch));
        case wire::notify::kAcquire:
            return acquire(session, host, payloads);
        default:
            return;  // EXCHANGE_INFO and unknown ones mean nothing here
    }
}

// S5: whether a clear notify is still believed.
bool believes_clear(const Session& session) {
    return session.initiator() ? !session.has_keys() : !session.heard_encrypted;
}

void receive_clear(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    const auto* notify = wire::find<wire::AuthipNotification>(payloads);
    if (session.deleted() || !believes_clear(session) || notify == nullptr ||
        (notify->type != wire::notify::kStatus && notify->type != wire::notify::kNoProposalChosen)) {
        return host.count(Reason::kSpoofedNotify);
    }
    main_mode_ended_by_peer(session, host, status_code(*notify));
}

}  // namespace

void send_status(Session& session, Host& host, About about, ErrorCode code, std::uint32_t message_id) {
    Bytes data;
    append_be32(data, static_cast<std::uint32_t>(code));
    if (about == About::kMainMode) message_id = random_message_id(host.random());
    if (session.has_keys()) {
        return queue_reliable(
            session, host,
            {message_id, {notification(about, wire::kReliableNotify, wire::notify::kStatus, data)}});
    }
    session.farewell =
        send_unreliable(session, host, message_id, {notification(about, 0, wire::notify::kStatus, data)});
}

void send_no_proposal_chosen(Session& session, Host& host, std::uint32_t message_id) {
    queue_reliable(
        session, host,
        {message_id,
         {notification(About::kQuickMode, wire::kReliableNotify, wire::notify::kNoProposalChosen)}});
}

void send_acquire(Session& session, Host& host, const exchange::Traffic& traffic) {
    Bytes data;
    append_be32(data, encapsulation_mode(traffic.mode, session.nat_found()));
    const policy::Rule* rule = host.lookup().rule(traffic.rule);
    append_be32(data,
                rule != nullptr && rule->guarantee_encryption ? wire::kExchangeInfoGuaranteeEncryption : 0);
    const TrafficIds ids = build_traffic_ids(traffic.selector, exchange::Role::kInitiator);
    queue_reliable(session, host,
                   {random_message_id(host.random()),
                    {notification(About::kQuickMode, wire::kReliableNotify, wire::notify::kAcquire, data),
                     {ids.initiator},
                     {ids.responder}}});
}

wire::Payload synchronize_payload() {
    return notification(About::kQuickMode, 0, wire::notify::kQmSynchronize);
}

bool notifies_pending(const Session& session) {
    return session.notifies.outstanding.has_value() || !session.notifies.queue.empty();
}

void pump_notifies(Session& session, Host& host) {
    NotifySender& sender = session.notifies;
    if (sender.outstanding || sender.queue.empty() || session.request) return;
    const OutgoingNotify notify = std::move(sender.queue.front());
    sender.queue.pop_front();
    const std::uint32_t sequence = sender.next++;
    auto datagram = build_notify(session, host, notify.message_id, sequence, notify.payloads);
    if (!datagram) return;
    const policy::Keying& keying = host.lookup().policy().keying;
    const unsigned limit = host.shutting_down() ? 1 : retransmissions(session, host, keying.retransmit_limit);
    sender.outstanding =
        NotifySender::Outstanding{.sequence = sequence,
                                  .message_id = notify.message_id,
                                  .datagram = *datagram,
                                  .payloads = summary(session, notify.payloads),
                                  .retransmission = {host.now(), keying.retransmit_interval, limit}};
    transmit(session, host, std::move(*datagram));
    report_notify(session, host, notify.message_id, sender.outstanding->payloads,
                  sender.outstanding->datagram.size());
}

bool expire_notify(Session& session, Host& host) {
    auto& outstanding = session.notifies.outstanding;
    switch (outstanding->retransmission.expire(host.now())) {
        case exchange::Retransmission::Verdict::kWait:
            return true;
        case exchange::Retransmission::Verdict::kSendAgain:
            transmit(session, host, outstanding->datagram);
            report_notify(session, host, outstanding->message_id, outstanding->payloads,
                          outstanding->datagram.size(), true);
            return true;
        case exchange::Retransmission::Verdict::kGiveUp:
            break;
    }
    outstanding.reset();
    session.notifies.queue.clear();
    return false;
}

void receive_notify(Session& session, Host& host, const Incoming& message) {
    if (message.header.encrypted()) {
        session.heard_encrypted = true;
        switch (session.received.window.accept(message.sequence)) {
            case exchange::SequenceWindow::Verdict::kNew:
                session.last_heard = host.now();
                break;
            case exchange::SequenceWindow::Verdict::kSeen:
                host.count(Reason::kRetransmission);
                return acknowledge_again(session, host, message.sequence);
            case exchange::SequenceWindow::Verdict::kTooOld:
                return host.count(Reason::kStale);
        }
        follow_peer(session, host, message);
    }
    const auto payloads = read_payloads(session, host, message, 0);
    if (!payloads || check_payloads(*payloads, {{wire::PayloadType::kNotification},
                                                {wire::PayloadType::kIdentification, 0, 2}})) {
        return host.count(Reason::kMalformedPayload);
    }
    if (!message.header.encrypted()) return receive_clear(session, host, *payloads);

    const auto& notify = *wire::find<wire::AuthipNotification>(*payloads);
    const bool reliable = (notify.flags & wire::kReliableNotify) != 0;
    if (notify.type == wire::notify::kAcquire && !acquire_ids(*payloads))
        return host.count(Reason::kMalformedPayload);
    if (reliable) acknowledge(session, host, message, notify);
    // What has ended only acknowledges; but its quick modes may live on, and end.
    const bool ends_quick_mode = notify.type == wire::notify::kStatus &&
                                 notify.protocol_id == static_cast<std::uint8_t>(About::kQuickMode);
    if (session.deleted() && ends_quick_mode)
        return host.qm_deleted_by_peer(session, message.header.message_id);
    if (session.deleted() && notify.type != wire::notify::kAck) return;
    process(session, host, message, *payloads, notify);
}

}  // namespace keyline::authip
