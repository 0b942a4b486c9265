// An SA as a worker has it: what keylined wrote, the key schedules made from it, and the state all workers
// share.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "fastpath/crypto_engine.h"
#include "fastpath/suite.h"
#include "shared/reasons.h"
#include "shared/sa.h"
#include "shared/slot.h"

namespace keyline::fastpath {

// The time a batch of packets is handled at.
struct Clock {
    std::uint64_t monotonic = 0;  // nanoseconds
    std::uint64_t realtime = 0;   // seconds
    static Clock now();
};

struct SecurityAssociation {
    kl_sa sa{};
    Suite suite;
    std::unique_ptr<CipherContext> cipher;
    kl_sa_state* state = nullptr;  // in the mapped map, or a test's
    std::uint32_t window = 0;      // inbound, packets

    bool is_esn() const { return (sa.flags & KL_SA_ESN) != 0; }
    bool is_encapsulated() const { return (sa.flags & KL_SA_UDP_ENCAP) != 0; }
    // The peer is behind a NAT over IPv4, and where its packets come from is noted in the state.
    bool follows_peer() const { return (sa.flags & KL_SA_FOLLOW_PEER) != 0 && sa.family == KL_FAMILY_V4; }
    bool is_tunnel() const { return sa.mode == KL_TUNNEL; }
    bool is_auth_firewall() const { return sa.mode == KL_AUTH_FIREWALL; }
    // Octets between the outer IP header and the text: UDP header, ESP header, IV.
    std::uint32_t front_octets() const {
        return (is_encapsulated() ? 8U : 0U) + kEspHeaderOctets + suite.iv_octets;
    }
    std::uint32_t outer_header_octets() const { return sa.family == KL_FAMILY_V4 ? 20 : 40; }

    // RFC 4301 4.4.2.1: past a hard lifetime the SA carries nothing more.
    bool is_expired(const Clock& clock) const;
    // Counts packets of plaintext. True when this crossed a lifetime for the first time, which the keyer must
    // learn of.
    bool count(std::uint64_t packets, std::uint64_t octets, const Clock& clock) const;
    void count_error(kl_reason reason) const;
};

// Counts what a burst did, in one step for packets of one SA that follow each other: the counters are shared
// by the workers, so every step costs.
class UsageTally {
  public:
    // `sa_events` (kl_config) rises when a lifetime is crossed.
    UsageTally(const Clock& clock, std::uint32_t* sa_events) : clock_(clock), sa_events_(sa_events) {}
    ~UsageTally() { settle(); }
    UsageTally(const UsageTally&) = delete;
    UsageTally& operator=(const UsageTally&) = delete;

    void add(const SecurityAssociation& sa, std::uint64_t octets) {
        if (sa_ != &sa) settle();
        sa_ = &sa;
        ++packets_;
        octets_ += octets;
    }

  private:
    void settle() {
        if (packets_ != 0 && sa_->count(packets_, octets_, clock_)) {
            __atomic_fetch_add(sa_events_, 1, __ATOMIC_RELAXED);
        }
        packets_ = 0;
        octets_ = 0;
    }

    const Clock& clock_;
    std::uint32_t* sa_events_;
    const SecurityAssociation* sa_ = nullptr;
    std::uint64_t packets_ = 0;
    std::uint64_t octets_ = 0;
};

// An error that names the SA when its suite is not served or the engine refuses it. `state` must outlive the
// result.
std::expected<std::unique_ptr<SecurityAssociation>, std::string> make_security_association(
    CryptoEngine& engine, const kl_sa& sa, const kl_sa_keys& keys, kl_sa_state* state);

// True when the packet lies within the selector (RFC 4301 4.4.1.1).
bool covers(const kl_selector& selector, const kl_tuple& tuple);
// True when one fragment does not show all that the selector asks for, so that the whole packet must be
// judged.
bool needs_whole_packet(const kl_selector& selector);

}  // namespace keyline::fastpath
