#include "ikev1/teardown.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ikev1/deletes.h"
#include "ikev1/informational.h"
#include "ikev1/refusals.h"

namespace keyline::ikev1 {
namespace {

using exchange::By;
using exchange::Host;
using exchange::Reason;
using exchange::Stage;

// A deleted SA acknowledges repetitions, and what comes late under it is not taken for a stray (as S11).
constexpr std::chrono::seconds kLinger{30};

void report_failure(const Session& session, Host& host, By by, Stage stage, Reason reason,
                    const std::string& text) {
    host.count(reason);
    host.report(exchange::NegotiationFailed{
        .mm = session.name, .stage = stage, .by = by, .reason = reason, .text = text});
}

// A responder has installed its inbound SA with the second message.
void undo(const Session& session, Host& host, const QmNegotiation& negotiation) {
    if (negotiation.sa) {
        host.act(exchange::RemoveSa{policy::Direction::kInbound, negotiation.inbound_spi,
                                    session.name.remote.address});
    }
    host.release_spi(negotiation.inbound_spi);
}

// What was being negotiated waits again, in front of what waits already: for the host to move or to fail.
void give_back_negotiations(Session& session, Host& host) {
    for (auto negotiation = session.negotiations.rbegin(); negotiation != session.negotiations.rend();
         ++negotiation) {
        undo(session, host, *negotiation);
        if (negotiation->request) session.waiting.push_front(std::move(*negotiation->request));
    }
    session.negotiations.clear();
}

void drop_negotiation(Session& session, Host& host, std::uint32_t message_id, const std::string& text) {
    const auto found = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    undo(session, host, *found);
    auto request = std::move(found->request);
    session.negotiations.erase(found);
    if (request) host.qm_failed(session, std::move(*request), text);
}

Stage stage_of(const Session& session) {
    return session.established ? Stage::kQuickMode : session.keys ? Stage::kAuthentication : Stage::kMainMode;
}

}  // namespace

void end_main_mode(Session& session, Host& host, const std::string& text) {
    session.unanswered.reset();
    session.probing.reset();
    give_back_negotiations(session, host);
    session.state = State::kDeleted;
    session.forget_at = host.now() + (session.main_mode_done ? kLinger : std::chrono::seconds(0));
    host.mm_ended(session, text);
    session.established = false;
}

void refuse_main_mode(Session& session, Host& host, const Failure& failure) {
    report_failure(session, host, By::kLocal, failure.stage, failure.reason, failure.text);
    send_notify(session, host, failure.notify);
}

void fail_main_mode(Session& session, Host& host, const Failure& failure) {
    refuse_main_mode(session, host, failure);
    if (session.initiator() && failure.stage == Stage::kAuthentication)
        note_refused_here(session, failure.text);
    // To the responder a notify ends nothing then.
    if (session.main_mode_done) send_delete(session, host);
    end_main_mode(session, host, failure.text);
}

void refuse_quick_mode(Session& session, Host& host, std::uint32_t, const Failure& failure) {
    report_failure(session, host, By::kLocal, failure.stage, failure.reason, failure.text);
    send_notify(session, host, failure.notify);
}

void fail_quick_mode(Session& session, Host& host, QmNegotiation& negotiation, const Failure& failure) {
    refuse_quick_mode(session, host, negotiation.message_id, failure);
    drop_negotiation(session, host, negotiation.message_id, failure.text);
}

void main_mode_refused(Session& session, Host& host, const std::string& text) {
    report_failure(session, host, By::kPeer, stage_of(session), Reason::kRefusedByPeer, text);
    if (has_proved_itself(session)) note_refused_by_peer(session, text);
    end_main_mode(session, host, text);
}

void proof_refused(Session& session, Host& host, const std::string& text) {
    report_failure(session, host, By::kPeer, Stage::kAuthentication, Reason::kRefusedByPeer, text);
    note_refused_by_peer(session, text);
}

void quick_mode_refused(Session& session, Host& host, const wire::Notification& notify,
                        const std::string& text) {
    // A notify names the SPI of the proposal it is about, or nothing: then it is about the oldest.
    const auto refused = std::ranges::find_if(session.negotiations, [&](const QmNegotiation& negotiation) {
        return negotiation.request &&
               (notify.spi.size() != 4 || load_be32(notify.spi.data()) == negotiation.inbound_spi);
    });
    if (refused == session.negotiations.end()) return host.count(Reason::kSpoofedNotify);
    report_failure(session, host, By::kPeer, Stage::kQuickMode, Reason::kRefusedByPeer, text);
    drop_negotiation(session, host, refused->message_id, text);
}

void main_mode_deleted(Session& session, Host& host) {
    std::string text = "deleted by the peer";
    // Some say no more when they refuse a certificate.
    if (awaits_verdict(session) && !session.authentication->own_certificate().empty()) {
        text += " before any use: its log may say whether it refuses this host's certificate";
        note_refused_by_peer(session, text);
    }
    end_main_mode(session, host, text);
}

void quick_mode_deleted(Session& session, Host& host, std::uint32_t spi) {
    const auto negotiation = std::ranges::find_if(session.negotiations, [&](const QmNegotiation& candidate) {
        return candidate.sa && candidate.sa->outbound_spi == spi;
    });
    if (negotiation != session.negotiations.end())
        return drop_negotiation(session, host, negotiation->message_id, "deleted by the peer");
    host.qm_deleted_by_spi(session, spi);
}

void main_mode_timed_out(Session& session, Host& host, const std::string& text) {
    report_failure(session, host, By::kLocal, stage_of(session), Reason::kTimeout, text);
    session.lost = true;
    // A peer that cannot read the proof says nothing.
    if (session.state == State::kMessage5Sent) note_refused_by_peer(session, text);
    end_main_mode(session, host, text);
}

void forget_quick_mode(Session& session, Host& host, std::uint32_t message_id) {
    host.count(Reason::kTimeout);
    const auto found = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    // Only the third message may have been lost: then the peer uses what ends here.
    if (found->sa) send_delete(session, host, *found->sa);
    drop_negotiation(session, host, message_id, "the peer does not answer");
}

void delete_main_mode(Session& session, Host& host, std::span<const exchange::QmSa> quick_modes,
                      const std::string& text) {
    if (session.established) {
        for (const exchange::QmSa& quick_mode : quick_modes)
            send_delete(session, host, quick_mode);
        // Only the last message may be missing: then the peer uses these.
        for (const QmNegotiation& negotiation : session.negotiations) {
            if (negotiation.sa) send_delete(session, host, *negotiation.sa);
        }
        send_delete(session, host);
    }
    end_main_mode(session, host, text);
}

}  // namespace keyline::ikev1
