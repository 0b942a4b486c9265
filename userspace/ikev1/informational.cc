#include "ikev1/informational.h"

#include <algorithm>
#include <utility>

#include "ikev1/message_io.h"
#include "ikev1/teardown.h"
#include "wire/names.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;

constexpr std::uint16_t kFirstStatusType = 16384;  // RFC 2408 3.14.1: below are errors

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

// RFC 3706 5.3: the same sequence number comes back.
void receive_r_u_there(Session& session, Host& host, const wire::Notification& notify) {
    if (notify.spi != cookies_of(session) || notify.data.size() != 4)
        return host.count(Reason::kSpoofedNotify);
    wire::Notification answer = notify;
    answer.type = wire::notify::kRUThereAck;
    send_informational(session, host, {answer});
}

// A refusal of the one exchange that is under way: its text says what the peer wants changed.
void receive_error(Session& session, Host& host, const wire::Notification& notify) {
    const std::string text = "the peer refused: " + wire::notify_name(notify.type) + "; its log tells why";
    if (!session.established) return main_mode_refused(session, host, text);
    quick_mode_refused(session, host, notify, text);
}

void receive_notify(Session& session, Host& host, const wire::Notification& notify) {
    if (notify.type < kFirstStatusType) return receive_error(session, host, notify);
    if (notify.type == wire::notify::kRUThere) return receive_r_u_there(session, host, notify);
}

void receive_delete(Session& session, Host& host, const wire::Delete& payload) {
    if (payload.protocol_id == wire::protocol::kIsakmp) {
        const Bytes own = cookies_of(session);
        for (std::size_t i = 0; i < payload.count(); ++i) {
            if (std::ranges::equal(payload.spi(i), own)) return main_mode_deleted(session, host);
        }
        return host.count(Reason::kUnknownSa);
    }
    if (payload.protocol_id != wire::protocol::kEsp || payload.spi_size != 4)
        return host.count(Reason::kUnknownSa);
    for (std::size_t i = 0; i < payload.count(); ++i)
        quick_mode_deleted(session, host, load_be32(payload.spi(i).data()));
}

void take(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    for (const wire::Payload& payload : payloads) {
        if (session.deleted()) return;
        if (const auto* notify = std::get_if<wire::Notification>(&payload.body)) {
            receive_notify(session, host, *notify);
        } else if (const auto* removal = std::get_if<wire::Delete>(&payload.body)) {
            receive_delete(session, host, *removal);
        }
    }
}

}  // namespace

void send_notify(Session& session, Host& host, std::uint16_t type) {
    send_informational(
        session, host,
        {wire::Notification{
            .protocol_id = wire::protocol::kIsakmp, .spi = cookies_of(session), .type = type, .data = {}}});
}

void send_delete(Session& session, Host& host, const exchange::QmSa& quick_mode) {
    wire::Delete removal{.protocol_id = wire::protocol::kEsp, .spi_size = 4, .spis = {}};
    append_be32(removal.spis, quick_mode.inbound_spi);
    send_informational(session, host, {removal});
}

void send_delete(Session& session, Host& host) {
    const Bytes cookies = cookies_of(session);
    send_informational(session, host,
                       {wire::Delete{.protocol_id = wire::protocol::kIsakmp,
                                     .spi_size = static_cast<std::uint8_t>(cookies.size()),
                                     .spis = cookies}});
}

void receive_informational(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header) {
    if (header.encrypted() && !session.peer_has_keys()) return host.count(Reason::kNoKeys);
    if (!header.encrypted() && session.established) return host.count(Reason::kSpoofedNotify);
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
    take(session, host, message->payloads);
}

}  // namespace keyline::ikev1
