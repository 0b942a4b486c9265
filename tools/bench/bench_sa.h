// SAs and packets that the ESP benchmarks share.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"
#include "fastpath/security_association.h"
#include "statistics.h"

namespace keyline::bench {

struct Suite {
    const char* name;
    kl_encryption encryption;
    std::uint8_t key_octets;
    kl_integrity integrity;
    std::uint8_t integrity_octets;
};

inline constexpr Suite kSuites[] = {
    {"aes-gcm-16-128", KL_ENCR_AES_GCM_16, 16, KL_INTEG_NONE, 0},
    {"aes-gcm-16-256", KL_ENCR_AES_GCM_16, 32, KL_INTEG_NONE, 0},
    {"aes-cbc-128/hmac-sha1-96", KL_ENCR_AES_CBC, 16, KL_INTEG_HMAC_SHA1_96, 20},
    {"aes-cbc-256/hmac-sha2-256", KL_ENCR_AES_CBC, 32, KL_INTEG_HMAC_SHA2_256_128, 32},
};

// An SA for a tunnel from 192.0.2.1 to 192.0.2.2, as its sender or its receiver has it.
inline kl_sa make_sa(const Suite& suite, kl_direction direction) {
    kl_sa sa{};
    sa.spi = 0x10001;
    sa.epoch = 1;
    sa.direction = direction;
    sa.mode = KL_TUNNEL;
    sa.engine = KL_ENGINE_FASTPATH;
    sa.family = KL_FAMILY_V4;
    sa.encryption = suite.encryption;
    sa.integrity = suite.integrity;
    sa.replay_window = KL_REPLAY_MAX_WINDOW;
    sa.selector.family = KL_FAMILY_V4;
    const kl_address sender{{192, 0, 2, 1}}, receiver{{192, 0, 2, 2}};
    sa.local = direction == KL_OUTBOUND ? sender : receiver;
    sa.remote = direction == KL_OUTBOUND ? receiver : sender;
    return sa;
}

inline kl_sa_keys make_keys(const Suite& suite) {
    kl_sa_keys keys{};
    keys.encryption_octets =
        static_cast<std::uint8_t>(suite.key_octets + (suite.integrity_octets == 0 ? 4 : 0));
    keys.integrity_octets = suite.integrity_octets;
    for (unsigned i = 0; i < keys.encryption_octets; ++i)
        keys.encryption[i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < keys.integrity_octets; ++i)
        keys.integrity[i] = static_cast<std::uint8_t>(i * 3);
    return keys;
}

// Both ends of one SA.
class SaPair {
  public:
    SaPair(fastpath::CryptoEngine& engine, const Suite& suite) {
        outbound_ = make(engine, suite, KL_OUTBOUND, &outbound_state_);
        inbound_ = make(engine, suite, KL_INBOUND, &inbound_state_);
    }
    SaPair(const SaPair&) = delete;
    SaPair& operator=(const SaPair&) = delete;

    const fastpath::SecurityAssociation& outbound() const { return *outbound_; }
    const fastpath::SecurityAssociation& inbound() const { return *inbound_; }

  private:
    static std::unique_ptr<fastpath::SecurityAssociation> make(fastpath::CryptoEngine& engine,
                                                               const Suite& suite, kl_direction direction,
                                                               kl_sa_state* state) {
        auto sa =
            fastpath::make_security_association(engine, make_sa(suite, direction), make_keys(suite), state);
        if (!sa) fail(sa.error());
        return std::move(*sa);
    }

    kl_sa_state outbound_state_{}, inbound_state_{};
    std::unique_ptr<fastpath::SecurityAssociation> outbound_, inbound_;
};

// An IPv4 UDP packet of so many octets, from 10.1.0.1 to 10.2.0.1.
inline Bytes udp_packet(std::uint32_t octets) {
    Bytes packet(octets);
    for (std::uint32_t i = 28; i < octets; ++i)
        packet[i] = static_cast<std::uint8_t>(i);
    packet[0] = 0x45;
    fastpath::store_be16(&packet[2], octets);
    packet[8] = 64;
    packet[9] = 17;
    fastpath::store_be32(&packet[12], 0x0a010001);
    fastpath::store_be32(&packet[16], 0x0a020001);
    fastpath::write_ipv4_checksum(std::span(packet).first(20));
    fastpath::store_be16(&packet[20], 40000);
    fastpath::store_be16(&packet[22], 9);
    fastpath::store_be16(&packet[24], octets - 20);
    return packet;
}

}  // namespace keyline::bench
