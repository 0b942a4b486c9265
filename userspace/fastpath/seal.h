// Outbound ESP processing (RFC 4303 3.3), in bursts and in place.
//
// What it does not do: find the SA, reassemble, fragment, or send ICMP. It says when those are needed.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "fastpath/frame.h"
#include "fastpath/ip_packet.h"
#include "fastpath/security_association.h"
#include "shared/reasons.h"

namespace keyline::fastpath {

struct SealRequest {
    Frame* frame = nullptr;  // with kFrontRoom and kTailRoom to spare
    const SecurityAssociation* sa = nullptr;
    std::uint32_t path_mtu = 0;  // IP octets that leave in one piece
    // The packet is being forwarded here, so its TTL or hop limit is ours to decrement (RFC 4301 5.1.2.1).
    bool forwarded = false;
    // The sender fragmented it himself and we put it together: the ESP packet may be fragmented whatever DF
    // says.
    bool was_fragmented = false;

    // Results. Unless `reason` is SEALED the frame is as it was, so that an ICMP error can quote it.
    kl_reason reason = KL_REASON_DROP_CRYPTO;
    std::uint32_t told_mtu = 0;  // with DROP_TOO_BIG: the largest packet that would have fit
    bool fragment = false;       // sealed, larger than path_mtu, and to be sent as fragments
};

// The largest plaintext packet that leaves through the SA in path_mtu octets; 0 when none does. In transport
// mode `kept_header_octets` are the headers that stay in front of ESP.
std::uint32_t plaintext_mtu(const SecurityAssociation& sa, std::uint32_t path_mtu,
                            std::uint32_t kept_header_octets);

class Sealer {
  public:
    // `sa_events` is kl_config.sa_events, or a test's.
    Sealer(CryptoEngine& engine, std::uint32_t* sa_events) : engine_(engine), sa_events_(sa_events) {}

    // Up to kMaxBurst requests; SAs may repeat.
    void seal(std::span<SealRequest> requests, const Clock& clock);

  private:
    struct Prepared {
        SealRequest* request;
        std::uint32_t plain_octets;
        std::uint32_t esp_at;
    };

    bool prepare(SealRequest& request, Prepared& prepared, CryptoJob& job, const Clock& clock);
    std::span<const std::uint8_t> fresh_iv();

    CryptoEngine& engine_;
    std::uint32_t* sa_events_;
    // Octets of OpenSSL's generator, drawn in advance: CBC IVs must not be predictable (RFC 3602 3).
    std::array<std::uint8_t, 4096> iv_pool_{};
    std::size_t iv_pool_used_ = iv_pool_.size();
};

}  // namespace keyline::fastpath
