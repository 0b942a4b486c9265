// Inbound ESP processing (RFC 4303 3.4), in bursts and in place: sequence number, ICV, window, trailer,
// selectors, count.
//
// What it does not do: find the SA, reassemble, or deliver.
#pragma once

#include <cstdint>
#include <span>

#include "fastpath/frame.h"
#include "fastpath/security_association.h"
#include "shared/reasons.h"

namespace keyline::fastpath {

struct OpenRequest {
    Frame* frame = nullptr;  // ESP or UDP-encapsulated ESP in IP; not a fragment
    const SecurityAssociation* sa = nullptr;

    // Results. With OPENED the frame holds the plaintext packet.
    kl_reason reason = KL_REASON_DROP_CRYPTO;
    // OPENED, but the packet is a fragment and the SA's selector asks for more than a fragment shows: it must
    // be put together and pass `check_selector` before it is delivered (RFC 4301 7.3).
    bool judge_whole = false;
};

class Opener {
  public:
    // `sa_events` is kl_config.sa_events, or a test's.
    Opener(CryptoEngine& engine, std::uint32_t* sa_events) : engine_(engine), sa_events_(sa_events) {}

    // Up to kMaxBurst requests; SAs may repeat.
    void open(std::span<OpenRequest> requests, const Clock& clock);

  private:
    CryptoEngine& engine_;
    std::uint32_t* sa_events_;
};

// RFC 4301 5.2 step 4 for a plaintext packet: OPENED, or why it is dropped.
kl_reason check_selector(const SecurityAssociation& sa, std::span<const std::uint8_t> packet);

}  // namespace keyline::fastpath
