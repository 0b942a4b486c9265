#include "ikev1/timers.h"

#include <algorithm>

#include "ikev1/dead_peer_detection.h"
#include "ikev1/deletes.h"
#include "ikev1/message_io.h"
#include "ikev1/quick_mode.h"
#include "ikev1/teardown.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Instant;
using exchange::kNever;
using Verdict = exchange::Retransmission::Verdict;

// When a responder whose initiator has fallen silent is given up.
Instant silence_ends(const Session& session, const policy::Keying& keying) {
    if (session.established || session.initiator()) return kNever;
    return session.last_heard + keying.responder_timeout;
}

std::string no_answer(const Session& session) {
    const std::string start = session.name.remote.to_string() + " does not answer; ";
    // It has answered until now.
    if (session.state == State::kMessage5Sent && session.chosen->method == auth::MethodId::kPreSharedKey)
        return start + "compare the pre-shared keys of both sides";
    if (session.state == State::kMessage5Sent)
        return start + "its log may say whether it refuses this host's certificate, the name in it or its CA";
    return start + "is the peer up, does it run IKEv1, does a firewall pass UDP 500 and 4500?";
}

void expire_main_mode(Session& session, Host& host) {
    switch (session.unanswered->retransmission.expire(host.now())) {
        case Verdict::kWait:
            return;
        case Verdict::kSendAgain:
            return send_again(session, host, *session.unanswered);
        case Verdict::kGiveUp:
            return main_mode_timed_out(session, host, no_answer(session));
    }
}

// False when the SA has ended with it.
bool expire_quick_mode(Session& session, Host& host, std::uint32_t message_id) {
    const auto negotiation = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    switch (negotiation->unanswered->retransmission.expire(host.now())) {
        case Verdict::kWait:
            return true;
        case Verdict::kSendAgain:
            send_again(session, host, *negotiation->unanswered);
            return true;
        case Verdict::kGiveUp:
            break;
    }
    if (negotiation->role == exchange::Role::kInitiator && negotiation->sa) {
        quick_mode_connected(session, host, message_id);
        return true;
    }
    if (!negotiation->request) {
        forget_quick_mode(session, host, message_id);
        return true;
    }
    // The peer may have restarted: another main mode has to be tried.
    main_mode_timed_out(session, host, no_answer(session));
    return false;
}

// No new quick modes; those that exist live on, and the SA for as long as they do.
void expire_lifetime(Session& session, Host& host) {
    session.expires = kNever;
    session.closing = true;
    host.mm_closing(session);
    if (host.live_quick_modes(session) == 0 && session.negotiations.empty())
        delete_main_mode(session, host, {}, "main mode lifetime over");
}

}  // namespace

Instant next_deadline(const Session& session, const policy::Keying& keying) {
    if (session.deleted()) return session.deletes.empty() ? session.forget_at : next_repetition(session);
    Instant next = std::min({session.expires, session.keepalive_at, silence_ends(session, keying),
                             next_repetition(session), probe_due(session, keying)});
    if (session.unanswered) next = std::min(next, session.unanswered->retransmission.due());
    for (const QmNegotiation& negotiation : session.negotiations)
        next = std::min(next, negotiation.unanswered->retransmission.due());
    return next;
}

void expire(Session& session, Host& host) {
    expire_deletes(session, host);
    if (session.deleted()) return;
    const policy::Keying& keying = host.lookup().policy().keying;
    const Instant now = host.now();
    if (session.unanswered) expire_main_mode(session, host);
    std::vector<std::uint32_t> message_ids;
    for (const QmNegotiation& negotiation : session.negotiations)
        message_ids.push_back(negotiation.message_id);
    for (const std::uint32_t message_id : message_ids) {
        if (!expire_quick_mode(session, host, message_id)) return;
    }
    if (!session.deleted() && probe_due(session, keying) <= now) expire_probe(session, host);
    if (session.deleted()) return;
    if (silence_ends(session, keying) <= now)
        return main_mode_timed_out(session, host, "the initiator fell silent");
    if (session.expires <= now) expire_lifetime(session, host);
    if (!session.deleted() && session.keepalive_at <= now) {
        host.act(exchange::SendKeepalive{session.name.local, session.name.remote});
        session.keepalive_at = now + keying.nat_keepalive;
    }
}

}  // namespace keyline::ikev1
