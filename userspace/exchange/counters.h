// Everything the keyer drops or refuses, counted by reason. One list, like shared/reasons.h for packets: the
// counters, `keyline counters`, the metrics and the manual are made from it. X(identifier, name, cause,
// remedy)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keyline::exchange {

#define KEYLINE_KEYER_REASONS(X)                                                                             \
    /* dropped silently: nothing proves that the sender is anybody (interpretation F3, F4) */                \
    X(kMalformedHeader, "ike-header",                                                                        \
      "an ISAKMP header that is cut short, or whose length, version or flags are wrong",                     \
      "the sender is broken or hostile")                                                                     \
    X(kUnknownExchange, "ike-exchange",                                                                      \
      "an exchange of a protocol or kind that policy does not let the peer use",                             \
      "compare peer.protocols with the peer's configuration; use main mode in IKEv1")                        \
    X(kUnknownSa, "ike-unknown-sa", "no main mode SA has these cookies and addresses",                       \
      "normal after a restart: the peer negotiates anew when its own SA expires")                            \
    X(kMalformedCrypto, "ike-crypto", "a malformed Crypto payload", "the sender is broken or hostile")       \
    X(kBadIcv, "ike-icv", "the integrity check of an encrypted message failed",                              \
      "altered on the way, forged, or the two sides derived different keys")                                 \
    X(kBadPadding, "ike-padding", "the padding of an encrypted message is malformed", "the peer is broken")  \
    X(kUnreadable, "ike-unreadable", "an encrypted IKEv1 message that makes no sense once decrypted",        \
      "compare the pre-shared keys of both sides")                                                           \
    X(kNotEncrypted, "ike-clear", "a clear message where only an encrypted one is believed",                 \
      "none needed; many are an attack")                                                                     \
    X(kNoKeys, "ike-no-keys", "an encrypted message before keys exist",                                      \
      "none needed; messages were reordered")                                                                \
    X(kReflected, "ike-reflected", "our own message came back", "look for a reflecting device on the path")  \
    X(kUnexpectedMessage, "ike-unexpected", "a message that has no place in the SA's state",                 \
      "the peer is broken or hostile")                                                                       \
    X(kTooManyCookies, "ike-cookies", "a responder asked for a fourth DoS cookie",                           \
      "the responder is broken or forged")                                                                   \
    X(kFragment, "ike-fragment",                                                                             \
      "a fragment of a message that is malformed, repeated or contradicts others",                           \
      "the sender is broken or hostile")                                                                     \
    X(kFragmentsLost, "ike-fragments-lost", "fragments of messages that did not become complete in time",    \
      "look for loss on the path")                                                                           \
    /* repeated or late: harmless */                                                                         \
    X(kRetransmission, "ike-retransmission", "a message that was answered before: the answer is sent again", \
      "none needed; many mean loss on the path")                                                             \
    X(kInProgress, "ike-in-progress", "a repetition of a message that is being worked on", "none needed")    \
    X(kStale, "ike-stale", "a sequence number that is neither the next nor the last",                        \
      "none needed; messages were reordered")                                                                \
    X(kStaleStep, "ike-stale-step", "an authentication step ended after its negotiation", "none needed")     \
    /* limits (MS-AIPS 3.3.7.1, M12) */                                                                      \
    X(kPeerMmLimit, "ike-peer-mm-limit", "the peer has more than 20 main mode SAs",                          \
      "`keyline down PEER` deletes them; raise keying.mm_sas_per_peer if they are wanted")                   \
    X(kPeerNegotiationLimit, "ike-peer-negotiation-limit",                                                   \
      "the peer has more than 35 negotiations in progress", "the peer is broken or hostile")                 \
    X(kDosCookieSent, "ike-dos-cookie",                                                                      \
      "many unfinished negotiations: the initiator was asked to prove its address",                          \
      "none needed; a flood of first messages is under way")                                                 \
    X(kTooManyIncomplete, "ike-incomplete-limit", "too many unfinished negotiations in all",                 \
      "a flood is under way")                                                                                \
    X(kAuthipPreferred, "ike-authip-preferred",                                                              \
      "a first message of IKEv1 whose sender negotiates by AuthIP too: only that is answered",               \
      "none needed")                                                                                         \
    X(kShuttingDown, "ike-shutting-down", "a new negotiation arrived during shutdown", "none needed")        \
    /* refused: the peer is told why by a notify */                                                          \
    X(kMalformedPayload, "ike-payload", "a malformed, missing or repeated payload",                          \
      "the peer is broken or of another make")                                                               \
    X(kNoPolicy, "ike-no-policy", "no rule wants protected traffic with this peer",                          \
      "add a rule, or remove the peer's")                                                                    \
    X(kNoMmProposal, "ike-mm-proposal", "no main mode proposal is acceptable",                               \
      "compare main_mode.proposals of both sides")                                                           \
    X(kNoMethod, "ike-auth-method", "no authentication method is acceptable, or all have failed",            \
      "compare main_mode.auth of both sides; the log names what failed")                                     \
    X(kBadKe, "ike-ke", "a KE payload that does not fit the group", "the peer is broken or hostile")         \
    X(kBadAuth, "ike-proof", "the proof Auth1 or Auth2 is wrong",                                            \
      "the peer is an impostor, or messages were altered")                                                   \
    X(kBadCertificate, "ike-certificate", "no certificate, or one that is refused",                          \
      "the log tells which and why")                                                                         \
    X(kNoQmProposal, "ike-qm-proposal", "no quick mode proposal is acceptable",                              \
      "compare the quick mode suites of both sides")                                                         \
    X(kSelectors, "ike-selectors", "no rule covers the traffic selectors the peer proposed",                 \
      "compare the rules of both sides")                                                                     \
    X(kWrongState, "ike-state", "a well-formed message at the wrong time", "the peer is broken")             \
    /* told by the peer, or nobody answered */                                                               \
    X(kRefusedByPeer, "ike-refused", "the peer refused the negotiation",                                     \
      "the log has the peer's code; look at the peer's log")                                                 \
    X(kTimeout, "ike-timeout", "the peer did not answer",                                                    \
      "is the peer up, does it run AuthIP, does a firewall pass UDP 500 and 4500?")                          \
    X(kSilentPeer, "ike-silent-peer",                                                                        \
      "traffic with a peer went unanswered: it was asked for a sign of life, or its quick mode negotiated",  \
      "none needed if the traffic flows one way only; else look at the peer")                                \
    X(kRestartedPeer, "ike-restarted-peer", "a peer that had SAs with this host has lost them",              \
      "none needed after its restart: what it has lost is negotiated anew")                                  \
    X(kStray, "ike-stray", "ESP or a quick mode under SAs that this host has lost: it negotiates anew",      \
      "none needed after a restart")                                                                         \
    X(kSpoofedNotify, "ike-spoofed-notify", "a clear notify after keys exist, or one that matches nothing",  \
      "none needed; many are an attack")

enum class Reason : std::uint8_t {
#define X(identifier, name, cause, remedy) identifier,
    KEYLINE_KEYER_REASONS(X)
#undef X
        kCount
};

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kCount);

// "ike-icv": the name people and scripts see.
std::string_view reason_name(Reason reason);
std::string_view reason_cause(Reason reason);
std::string_view reason_remedy(Reason reason);

// How often each reason occurred since the keyer was made.
class Counters {
  public:
    void count(Reason reason) { ++values_[static_cast<std::size_t>(reason)]; }
    std::uint64_t operator[](Reason reason) const { return values_[static_cast<std::size_t>(reason)]; }

  private:
    std::array<std::uint64_t, kReasonCount> values_{};
};

}  // namespace keyline::exchange
