#include "ikev1/refusals.h"

#include <algorithm>
#include <utility>

namespace keyline::ikev1 {
namespace {

using exchange::By;

constexpr std::size_t kMaxPeerCertificates = 3;  // as M8
constexpr std::uint32_t kMainModeMessages = 6;

void note(Session& session, By by, const std::string& text) {
    session.try_another = session.initiator();
    session.failed_methods.push_back(
        {.mm = session.name, .method = session.chosen->method, .by = by, .reason = text});
}

void refuse_own(Session& session) {
    const std::uint16_t method = session.chosen->authentication;
    Bytes certificate = session.authentication->own_certificate();
    if (certificate.empty()) {
        session.refusals.methods.push_back(method);
    } else {
        session.refusals.own.push_back({method, std::move(certificate)});
    }
}

void refuse_peers(Session& session) {
    std::vector<Bytes>& before = session.refusals.peers;
    Bytes shown = session.authentication->peer_certificate();
    const bool again = std::ranges::find(before, shown) != before.end();
    if (shown.empty() || again || before.size() == kMaxPeerCertificates) {
        session.refusals.methods.push_back(session.chosen->authentication);
    } else {
        before.push_back(std::move(shown));
    }
}

}  // namespace

bool has_proved_itself(const Session& session) {
    return session.state == State::kMessage5Sent ||
           (session.state == State::kMessage3Sent && session.authentication->proves_in_key_exchange());
}

bool awaits_verdict(const Session& session) {
    return session.established && !session.initiator() && session.messages == kMainModeMessages &&
           session.failed_methods.empty();
}

void note_refused_by_peer(Session& session, const std::string& text) {
    refuse_own(session);
    note(session, By::kPeer, text);
}

void note_refused_here(Session& session, const std::string& text) {
    // What public key encryption cannot open may have been meant for another certificate of this host's.
    session.authentication->proves_in_key_exchange() ? refuse_own(session) : refuse_peers(session);
    note(session, By::kLocal, text);
}

}  // namespace keyline::ikev1
