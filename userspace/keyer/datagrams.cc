// Datagrams to main mode SAs, and new ones for message #1 (MS-AIPS 3.1.5, 3.1.7.6, 3.3.7.1; interpretation
// F4, D1, M12).
#include <utility>

#include "authip/main_mode.h"
#include "authip/message_io.h"
#include "authip/notify.h"
#include "authip/receive.h"
#include "authip/teardown.h"
#include "keyer/engine.h"
#include "wire/parse.h"

namespace keyline::keyer {
namespace {

using authip::Session;
using authip::State;
using exchange::DatagramReceived;
using exchange::Reason;
using wire::ExchangeType;

constexpr std::size_t kMaxIncomplete = 10000;  // even of proven addresses

bool is_zero(const wire::Cookie& cookie) { return cookie == wire::Cookie{}; }

// Whether the responder's cookie is the SA's. Null means yes; until #2, an initiator does not know it.
std::optional<Reason> wrong_cookie(Session& session, const wire::Header& header) {
    if (session.state == State::kMainModeFirstGeneralizedPacketSent) {
        const bool follows_cookie = !is_zero(session.responder_cookie);
        if (follows_cookie || header.exchange_type != ExchangeType::kAuthipMainMode) {
            // S7: a refusal of #1 repeats the cookie of #1.
            if (header.responder_cookie == session.responder_cookie) return std::nullopt;
            return Reason::kUnknownSa;
        }
        if (is_zero(header.responder_cookie)) return Reason::kReflected;  // F4
        return std::nullopt;
    }
    if (header.responder_cookie == session.responder_cookie) return std::nullopt;
    const bool repeats_first = !session.initiator() &&
                               header.exchange_type == ExchangeType::kAuthipMainMode &&
                               header.responder_cookie == session.first_responder_cookie;
    return repeats_first ? std::nullopt : std::optional(Reason::kUnknownSa);
}

}  // namespace

void Engine::drop(Reason reason, const Endpoint& remote, std::string text) {
    count(reason);
    report(exchange::Dropped{reason, remote, std::move(text)});
}

void Engine::on(DatagramReceived& event) {
    const auto header = wire::parse_header(event.data);
    if (!header) return drop(Reason::kMalformedHeader, event.remote, header.error().to_string());
    if (header->dialect() != wire::Dialect::kAuthip) return drop(Reason::kUnknownExchange, event.remote);

    Session* session = sessions_.find(header->initiator_cookie, event.remote.address);
    if (const auto cookie = authip::parse_dos_cookie(event.data, *header)) {
        if (session == nullptr || !session->initiator()) return drop(Reason::kUnknownSa, event.remote);
        authip::receive_dos_cookie(*session, *this, *cookie);
        return touch(*session);
    }
    if (session == nullptr) {
        if (header->exchange_type == ExchangeType::kAuthipMainMode) return new_responder(event, *header);
        return drop(Reason::kUnknownSa, event.remote);
    }
    if (session->name.local.address != event.local.address) return drop(Reason::kUnknownSa, event.remote);
    if (const auto reason = wrong_cookie(*session, *header)) return drop(*reason, event.remote);
    const bool awaits_second = session->state == State::kMainModeFirstGeneralizedPacketSent;
    const wire::Cookie before = session->responder_cookie;
    if (awaits_second && header->exchange_type == ExchangeType::kAuthipMainMode) {
        session->responder_cookie = header->responder_cookie;
    }
    authip::receive(*session, *this, event, *header);
    // A message that was dropped has told nothing.
    if (session->state == State::kMainModeFirstGeneralizedPacketSent) session->responder_cookie = before;
    touch(*session);
}

// The checks that cost nothing, before anything is kept for the sender.
bool Engine::admits(const DatagramReceived& datagram, const wire::Header& header) {
    if (shutting_down_) {
        drop(Reason::kShuttingDown, datagram.remote);
        return false;
    }
    const policy::Keying& keying = lookup_->policy().keying;
    const PeerLoad load = sessions_.load(datagram.remote.address);
    if (load.established > keying.mm_sas_per_peer) {
        drop(Reason::kPeerMmLimit, datagram.remote);
        return false;
    }
    if (load.in_progress > keying.negotiations_per_peer) {
        drop(Reason::kPeerNegotiationLimit, datagram.remote);
        return false;
    }
    if (sessions_.incomplete() >= kMaxIncomplete) {
        drop(Reason::kTooManyIncomplete, datagram.remote);
        return false;
    }
    const bool has_cookie = !is_zero(header.responder_cookie);
    const bool proved = has_cookie && dos_cookies_.check(now_, datagram.remote, header.initiator_cookie,
                                                         header.responder_cookie);
    if (sessions_.incomplete() >= kDosThreshold && !proved) {
        drop(Reason::kDosCookieSent, datagram.remote);
        const wire::Cookie cookie = dos_cookies_.make(now_, datagram.remote, header.initiator_cookie);
        act(exchange::Send{datagram.local, datagram.remote,
                           authip::build_dos_cookie(header.initiator_cookie, cookie, random_)});
        return false;
    }
    if (has_cookie && !proved) {
        drop(Reason::kUnknownSa, datagram.remote);
        return false;
    }
    return true;
}

void Engine::new_responder(const DatagramReceived& datagram, const wire::Header& received) {
    // MS-AIPS 3.3.5.1: the encrypted flag of #1 is ignored.
    wire::Header header = received;
    header.flags = static_cast<std::uint8_t>(header.flags & ~wire::kFlagEncryption);
    const auto frame = wire::parse_crypto_frame(datagram.data, header);
    if (!frame) return drop(Reason::kMalformedCrypto, datagram.remote, frame.error().to_string());
    if (frame->sequence != 0) return drop(Reason::kUnknownSa, datagram.remote);
    if (!admits(datagram, received)) return;

    Session& session = sessions_.add(exchange::Role::kResponder, datagram.local, datagram.remote, now_);
    session.initiator_cookie = header.initiator_cookie;
    session.first_responder_cookie = header.responder_cookie;
    session.responder_cookie = header.responder_cookie;
    while (is_zero(session.responder_cookie))
        random_.fill(session.responder_cookie);
    session.main_mode = lookup_->main_mode(datagram.remote.address);
    if (const policy::Peer* peer = lookup_->peer(datagram.remote.address))
        session.expected_peer = peer->principal;
    sessions_.index(session);
    const auto message = authip::open_message(session, *this, datagram, header);
    if (const auto failure = authip::receive_first_message(session, *this, *message)) {
        refuse_first_message(session, *failure);
        return sessions_.erase(session.name.id);
    }
    touch(session);
}

// Nothing is kept: a repeated #1 is refused anew.
void Engine::refuse_first_message(Session& session, const authip::Failure& failure) {
    count(failure.reason);
    report(exchange::NegotiationFailed{.mm = session.name,
                                       .stage = failure.stage,
                                       .by = exchange::By::kLocal,
                                       .reason = failure.reason,
                                       .code = static_cast<std::uint32_t>(failure.code),
                                       .text = failure.text});
    authip::send_status(session, *this, authip::About::kMainMode, failure.code);
}

void Engine::on(exchange::AuthStepDone& event) {
    const auto step = steps_.extract(event.step);
    Session* session = step.empty() ? nullptr : sessions_.find(step.mapped());
    if (session == nullptr || session->deleted()) return count(Reason::kStaleStep);
    session->last_heard = now_;
    authip::finish_step(*session, *this, std::move(event.result));
    touch(*session);
}

}  // namespace keyline::keyer
