#include "authip/timers.h"

#include <algorithm>

#include "authip/extended_mode.h"
#include "authip/message_io.h"
#include "authip/notify.h"
#include "authip/teardown.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Instant;
using exchange::kNever;
using exchange::Stage;

// An initiator whose authentication step never ends is given up like a responder whose initiator falls
// silent.
Instant silence_ends(const Session& session, const policy::Keying& keying) {
    if (session.established || session.deleted() || session.request) return kNever;
    return session.last_heard + keying.responder_timeout;
}

Stage stage_of(const Session& session) {
    const bool extended = session.extended && !std::holds_alternative<std::monostate>(session.extended->gss);
    return extended               ? Stage::kExtendedMode
           : session.has_keys()   ? Stage::kQuickMode
           : session.messages < 2 ? Stage::kMainMode
                                  : Stage::kAuthentication;
}

void expire_request(Session& session, Host& host) {
    switch (session.request->retransmission.expire(host.now())) {
        case exchange::Retransmission::Verdict::kWait:
            return;
        case exchange::Retransmission::Verdict::kSendAgain:
            return send_again(session, host);
        case exchange::Retransmission::Verdict::kGiveUp:
            break;
    }
    main_mode_timed_out(
        session, host, stage_of(session),
        session.name.remote.to_string() +
            " does not answer; is the peer up, does it run AuthIP, does a firewall pass UDP 500 and 4500?");
}

void expire_notifies(Session& session, Host& host) {
    if (expire_notify(session, host) || session.deleted()) return;
    host.count(exchange::Reason::kTimeout);
    session.lost = true;
    end_main_mode(session, host, "the peer does not acknowledge a notify");
}

void expire_negotiations(Session& session, Host& host) {
    for (;;) {
        const auto late = std::ranges::find_if(session.negotiations, [&](const QmNegotiation& negotiation) {
            return negotiation.give_up <= host.now();
        });
        if (late == session.negotiations.end()) return;
        host.count(exchange::Reason::kTimeout);
        drop_negotiation(session, host, late->message_id);
    }
}

// M15: no new quick modes; those that exist live on, and the SA for as long as they do.
void expire_lifetime(Session& session, Host& host) {
    session.expires = kNever;
    session.closing = true;
    host.mm_closing(session);
    if (host.live_quick_modes(session) == 0 && session.negotiations.empty()) {
        delete_main_mode(session, host, ErrorCode::kSaDeleted, {}, "main mode lifetime over");
    }
}

}  // namespace

Instant next_deadline(const Session& session, const policy::Keying& keying) {
    Instant next = std::min({session.expires, session.keepalive_at, silence_ends(session, keying)});
    if (session.request) next = std::min(next, session.request->retransmission.due());
    if (session.notifies.outstanding) {
        next = std::min(next, session.notifies.outstanding->retransmission.due());
    } else if (session.deleted()) {
        next = std::min(next, session.forget_at);
    }
    if (session.extended) next = std::min(next, session.extended->give_up);
    for (const QmNegotiation& negotiation : session.negotiations)
        next = std::min(next, negotiation.give_up);
    return next;
}

void expire(Session& session, Host& host) {
    const policy::Keying& keying = host.lookup().policy().keying;
    const Instant now = host.now();
    if (session.request) expire_request(session, host);
    if (session.notifies.outstanding) expire_notifies(session, host);
    expire_negotiations(session, host);
    if (silence_ends(session, keying) <= now) {
        main_mode_timed_out(session, host, stage_of(session),
                            session.initiator() ? "an authentication step does not end; is the KDC reachable?"
                                                : "the initiator fell silent");
    }
    if (session.extended && session.extended->give_up <= now) give_up_extended_mode(session, host);
    if (session.deleted()) {
        session.keepalive_at = kNever;
        session.expires = kNever;
        return;
    }
    if (session.expires <= now) expire_lifetime(session, host);
    if (session.keepalive_at <= now) {
        host.act(exchange::SendKeepalive{session.name.local, session.name.remote});
        session.keepalive_at = now + keying.nat_keepalive;
    }
}

bool forgettable(const Session& session, Instant now) {
    return session.deleted() && session.forget_at <= now && !notifies_pending(session);
}

}  // namespace keyline::authip
