#include "ikev1/informational.h"

#include <algorithm>
#include <utility>

#include "ikev1/dead_peer_detection.h"
#include "ikev1/deletes.h"
#include "ikev1/message_io.h"
#include "ikev1/quick_mode.h"
#include "ikev1/refusals.h"
#include "ikev1/teardown.h"
#include "wire/names.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;

constexpr std::uint16_t kConnected = 16384;  // RFC 2408 3.14.1: the first status; below are errors

// Notify types from INVALID-ID-INFORMATION to INVALID-SIGNATURE, and CERTIFICATE-UNAVAILABLE.
bool is_about_proof(std::uint16_t type) {
    return (type >= wire::notify::kInvalidIdInformation && type <= wire::notify::kInvalidSignature) ||
           type == wire::notify::kCertificateUnavailable;
}

// A refusal of the one exchange that is under way: its text says what the peer wants changed.
void receive_error(Session& session, Host& host, const wire::Notification& notify) {
    const std::string text = "the peer refused: " + wire::notify_name(notify.type) + "; its log tells why";
    if (!session.established) return main_mode_refused(session, host, text);
    if (awaits_verdict(session) && is_about_proof(notify.type)) return proof_refused(session, host, text);
    quick_mode_refused(session, host, notify, text);
}

void receive_notify(Session& session, Host& host, const wire::Header& header,
                    const wire::Notification& notify) {
    if (notify.type < kConnected) return receive_error(session, host, notify);
    if (!header.encrypted()) return;
    switch (notify.type) {
        case kConnected:
            return quick_mode_connected(session, host, header.message_id);
        case wire::notify::kRUThere:
            return receive_r_u_there(session, host, notify);
        case wire::notify::kRUThereAck:
            return receive_r_u_there_ack(session, host, notify);
        default:
            return;
    }
}

void take(Session& session, Host& host, const Incoming& message) {
    for (const wire::Notification* notify : wire::find_all<wire::Notification>(message.payloads)) {
        if (session.deleted()) return;
        receive_notify(session, host, message.header, *notify);
    }
    if (wire::find<wire::Delete>(message.payloads) == nullptr) return;
    if (!message.header.encrypted()) return host.count(Reason::kNotEncrypted);
    // A quick mode's delete may come after that of the main mode SA, which has overtaken it.
    receive_delete(session, host, message);
}

// Encrypted messages that need no reading: repetitions, and answers to this host's deletes.
bool known(Session& session, Host& host, const exchange::DatagramReceived& datagram,
           const wire::Header& header) {
    if (const FinishedExchange* finished = find_finished(session, header.message_id)) {
        if (datagram.data == finished->answered.received) {
            answer_again(session, host, finished->answered);
            return true;
        }
    }
    if (std::ranges::find(session.deletes, header.message_id, &UnansweredDelete::message_id) ==
        session.deletes.end()) {
        return false;
    }
    receive_delete_answer(session, host, datagram, header);
    return true;
}

}  // namespace

void send_informational(Session& session, Host& host, const wire::Payload& payload) {
    Outgoing message{.type = wire::ExchangeType::kInformational,
                     .message_id = random_message_id(host.random()),
                     .payloads = {payload}};
    Bytes iv;
    if (session.peer_has_keys()) {
        const KeyContext context = session.key_context();
        iv = exchange_iv(context, session.iv, message.message_id);
        message.iv = &iv;
        message.payloads = with_hash(message_hash(context, session.keys->skeyid_a, message.message_id, {},
                                                  octets_of(message.payloads)),
                                     message.payloads);
    }
    send(session, host, message);
}

void send_notify(Session& session, Host& host, std::uint16_t type) {
    send_informational(
        session, host,
        {wire::Notification{
            .protocol_id = wire::protocol::kIsakmp, .spi = cookies_of(session), .type = type, .data = {}}});
}

void receive_informational(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header) {
    if (header.encrypted() && !session.peer_has_keys()) return host.count(Reason::kNoKeys);
    if (!header.encrypted() && session.main_mode_done) return host.count(Reason::kSpoofedNotify);
    if (header.encrypted() && known(session, host, datagram, header)) return;
    const Bytes iv =
        header.encrypted() ? exchange_iv(session.key_context(), session.iv, header.message_id) : Bytes{};
    const auto message = read_message(session, host, datagram, header, iv);
    if (!message) return;
    if (header.encrypted()) {
        const auto covered = hashed_part(*message);
        const auto expected = [&] {
            return message_hash(session.key_context(), session.keys->skeyid_a, header.message_id, {},
                                *covered);
        };
        if (!covered || !hash_is(*message, expected())) return host.count(Reason::kBadIcv);
        follow_peer(session, host, *message);
    }
    report_received(session, host, *message, 0, session.role());
    take(session, host, *message);
}

}  // namespace keyline::ikev1
