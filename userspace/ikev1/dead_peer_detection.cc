#include "ikev1/dead_peer_detection.h"

#include <chrono>

#include "ikev1/informational.h"
#include "ikev1/message_io.h"
#include "ikev1/teardown.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Instant;
using exchange::Reason;
using Verdict = exchange::Retransmission::Verdict;

// The doubling intervals fill the time that policy gives.
std::chrono::milliseconds first_interval(const policy::Keying& keying) {
    constexpr auto kIntervals = (1U << (kRetransmissionsToTheDead + 1)) - 1;
    if (keying.dpd_timeout.count() == 0) return keying.retransmit_interval;
    return std::chrono::milliseconds(keying.dpd_timeout) / kIntervals;
}

void ask(Session& session, Host& host) {
    wire::Notification notify{.protocol_id = wire::protocol::kIsakmp,
                              .spi = cookies_of(session),
                              .type = wire::notify::kRUThere,
                              .data = {}};
    append_be32(notify.data, session.probing->last);
    send_informational(session, host, {{std::move(notify)}});
}

bool well_formed(const Session& session, const wire::Notification& notify) {
    return notify.spi == cookies_of(session) && notify.data.size() == 4;
}

}  // namespace

bool start_probe(Session& session, Host& host) {
    if (!session.established || !session.peer_knows_dpd) return false;
    if (session.probing) return true;
    // RFC 3706 5.2: at random at first, the highest bit clear.
    if (session.probe_number == 0) session.probe_number = random_message_id(host.random()) >> 1;
    const std::uint32_t number = ++session.probe_number;
    session.probing = {.first = number,
                       .last = number,
                       .retransmission = {host.now(), first_interval(host.lookup().policy().keying),
                                          kRetransmissionsToTheDead}};
    ask(session, host);
    return true;
}

Instant probe_due(const Session& session, const policy::Keying& keying) {
    if (session.probing) return session.probing->retransmission.due();
    const bool asks = session.established && session.peer_knows_dpd && keying.dpd_delay.count() != 0;
    return asks ? session.lived_at + keying.dpd_delay : exchange::kNever;
}

void expire_probe(Session& session, Host& host) {
    if (!session.probing) {
        start_probe(session, host);
        return;
    }
    switch (session.probing->retransmission.expire(host.now())) {
        case Verdict::kWait:
            return;
        case Verdict::kSendAgain:
            session.probing->last = ++session.probe_number;
            return ask(session, host);
        case Verdict::kGiveUp:
            break;
    }
    host.count(Reason::kTimeout);
    session.lost = session.lifeless = true;
    end_main_mode(session, host,
                  session.name.remote.to_string() + " does not answer R-U-THERE: it seems dead");
}

// The same sequence number comes back.
void receive_r_u_there(Session& session, Host& host, const wire::Notification& notify) {
    if (!well_formed(session, notify)) return host.count(Reason::kSpoofedNotify);
    wire::Notification answer = notify;
    answer.type = wire::notify::kRUThereAck;
    send_informational(session, host, {{std::move(answer)}});
}

// Only this is a sign of life: its number cannot have been recorded before.
void receive_r_u_there_ack(Session& session, Host& host, const wire::Notification& notify) {
    if (!well_formed(session, notify)) return host.count(Reason::kSpoofedNotify);
    const std::uint32_t number = load_be32(notify.data.data());
    if (!session.probing || number < session.probing->first || number > session.probing->last)
        return host.count(Reason::kStale);
    session.probing.reset();
    session.lived_at = host.now();
}

}  // namespace keyline::ikev1
