// Datagrams to main mode SAs, and new ones for message #1 (MS-AIPS 3.1.5, 3.1.7.6, 3.3.7.1; interpretation
// F4, D1, M12).
#include <memory>
#include <utility>

#include "keyer/engine.h"
#include "keyer/protocols.h"
#include "wire/parse.h"

namespace keyline::keyer {
namespace {

using exchange::DatagramReceived;
using exchange::Reason;
using exchange::Session;
using wire::ExchangeType;

constexpr std::size_t kMaxIncomplete = 10000;  // even of proven addresses

bool is_zero(const wire::Cookie& cookie) { return cookie == wire::Cookie{}; }

}  // namespace

void Engine::drop(Reason reason, const Endpoint& remote, std::string text) {
    count(reason);
    report(exchange::Dropped{reason, remote, std::move(text)});
}

void Engine::on(DatagramReceived& event) {
    const auto header = wire::parse_header(event.data);
    if (!header) return drop(Reason::kMalformedHeader, event.remote, header.error().to_string());
    Session* session = find_session(*header, event.remote.address);
    if (session == nullptr) {
        if (begins_main_mode(*header)) return new_responder(event, *header);
        if (header->exchange_type == ExchangeType::kAggressive) {
            return drop(Reason::kUnknownExchange, event.remote,
                        "aggressive mode tells identities to anybody and is refused: use main mode");
        }
        if (header->encrypted()) meet_stray(event.local.address, event.remote.address);
        return drop(Reason::kUnknownSa, event.remote);
    }
    if (begins_anew(*session, event, *header)) {
        report(exchange::MmDeleted{session->name, "begun anew with a DoS cookie"});
        sessions_.erase(session->name.id);
        return new_responder(event, *header);
    }
    if (session->name.local.address != event.local.address || session->dialect() != header->dialect()) {
        return drop(Reason::kUnknownSa, event.remote);
    }
    if (header->next_payload == wire::PayloadType::kFragment)
        return receive_fragment(*session, event, *header);
    session->receive(*this, event, *header);
    touch(*session);
}

// #1 that was sent again with a cookie, because its repetition met the protection that it had come before: #2
// was lost.
bool Engine::begins_anew(const Session& session, const DatagramReceived& datagram,
                         const wire::Header& header) {
    return session.may_begin_anew() && header.exchange_type == ExchangeType::kAuthipMainMode &&
           header.responder_cookie != session.responder_cookie && !is_zero(header.responder_cookie) &&
           dos_cookies_.check(now_, datagram.remote, header.initiator_cookie, header.responder_cookie);
}

// Under established SAs a peer behind a NAT is heard from anywhere: the integrity check tells whether it is
// the peer.
Session* Engine::find_session(const wire::Header& header, const IpAddress& remote) {
    if (Session* session = sessions_.find(header.initiator_cookie, remote)) return session;
    if (!header.encrypted()) return nullptr;
    Session* session = sessions_.find(header.initiator_cookie, header.responder_cookie);
    return session != nullptr && session->established && session->remote_behind_nat ? session : nullptr;
}

// MS-IKEE 3.3.5.3. Only under a main mode SA that exists: the first message is sent whole.
void Engine::receive_fragment(Session& session, const DatagramReceived& datagram,
                              const wire::Header& header) {
    using Verdict = exchange::Reassembly::Verdict;
    if (session.deleted()) return drop(Reason::kUnknownSa, datagram.remote);
    const auto payloads = wire::parse_payloads(ByteView(datagram.data).subspan(wire::kHeaderSize),
                                               header.next_payload, header.dialect(), wire::kHeaderSize);
    const auto* fragment = payloads ? wire::find<wire::Fragment>(*payloads) : nullptr;
    if (fragment == nullptr || payloads->size() != 1) return drop(Reason::kFragment, datagram.remote);
    auto [verdict, message] = reassembly_.add(session.name.id, *fragment, now_);
    if (verdict == Verdict::kRefused) return drop(Reason::kFragment, datagram.remote);
    session.fragmenting = true;
    if (verdict == Verdict::kWaits) return;

    const DatagramReceived whole{datagram.local, datagram.remote, std::move(message)};
    const auto inner = wire::parse_header(whole.data);
    if (!inner || inner->initiator_cookie != header.initiator_cookie ||
        inner->dialect() != header.dialect() || inner->next_payload == wire::PayloadType::kFragment) {
        return drop(Reason::kFragment, datagram.remote);
    }
    session.receive(*this, whole, *inner);
    touch(session);
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
    // IKEv1 has no cookie of this kind: its initiators wait until the flood is over.
    if (header.dialect() == wire::Dialect::kIkev1) {
        if (dos_protection_) drop(Reason::kTooManyIncomplete, datagram.remote);
        return !dos_protection_;
    }
    const bool has_cookie = !is_zero(header.responder_cookie);
    const bool proved = has_cookie && dos_cookies_.check(now_, datagram.remote, header.initiator_cookie,
                                                         header.responder_cookie);
    if (dos_protection_ && !proved) {
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

void Engine::new_responder(const DatagramReceived& datagram, const wire::Header& header) {
    const policy::Peer* peer = lookup_->peer(datagram.remote.address);
    const policy::Protocol protocol = protocol_of(header.dialect());
    if (!permits(peer, protocol)) {
        return drop(Reason::kUnknownExchange, datagram.remote,
                    "policy does not let this peer use " + std::string(policy::to_string(protocol)));
    }
    if (auto fault = check_first_message(datagram, header)) {
        return drop(fault->reason, datagram.remote, std::move(fault->text));
    }
    if (yields_to_authip(peer, datagram, header)) return count(Reason::kAuthipPreferred);
    if (!admits(datagram, header)) return;

    Session& session = sessions_.add(make_session(protocol), exchange::Role::kResponder, datagram.local,
                                     datagram.remote, now_);
    if (peer != nullptr) session.pad = *peer;
    session.speaks_authip = permits(peer, policy::Protocol::kAuthip);
    for (const std::uint64_t id : sessions_.ids_by_peer(datagram.remote.address)) {
        const Session& other = *sessions_.find(id);
        if (other.dialect() == session.dialect()) session.learn_from(other);
    }
    // A refusal leaves nothing: the same message is refused anew.
    if (!session.accept(*this, datagram, header)) return sessions_.erase(session.name.id);
    sessions_.index(session);
    touch(session);
}

void Engine::on(exchange::AuthStepDone& event) {
    const auto step = steps_.extract(event.step);
    Session* session = step.empty() ? nullptr : sessions_.find(step.mapped());
    if (session == nullptr || session->deleted()) return count(Reason::kStaleStep);
    session->last_heard = now_;
    session->finish_step(*this, std::move(event.result));
    touch(*session);
}

}  // namespace keyline::keyer
