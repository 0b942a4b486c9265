// Packets and SAs for the fast path's tests.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "base/bytes.h"
#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"
#include "fastpath/frame.h"
#include "fastpath/ip_packet.h"
#include "fastpath/security_association.h"

namespace keyline::fastpath::testing {

// Owns the room of one frame.
struct Buffer {
    std::vector<std::uint8_t> room;
    Frame frame;

    explicit Buffer(ByteView packet, std::uint32_t capacity = 70000, std::uint32_t front = 128)
        : room(capacity) {
        std::copy(packet.begin(), packet.end(), room.begin() + front);
        frame = {room.data(), capacity, front, static_cast<std::uint32_t>(packet.size()), 0};
    }
    Bytes packet() const { return {frame.packet().begin(), frame.packet().end()}; }
};

struct UdpPacket {
    std::uint8_t family = KL_FAMILY_V4;
    std::uint8_t local_octet = 1;   // 10.0.0.1 or fd00::1
    std::uint8_t remote_octet = 2;  // 10.0.0.2 or fd00::2
    std::uint16_t source_port = 40000;
    std::uint16_t destination_port = 5000;
    std::uint32_t payload_octets = 100;
    std::uint8_t traffic_class = 0;
    std::uint8_t hop_limit = 64;
    bool dont_fragment = false;
    Bytes options;     // IPv4, a multiple of 4
    Bytes extensions;  // IPv6; their chain must end in UDP and first_extension names the first
    std::uint8_t first_extension = kProtocolUdp;

    Bytes build() const {
        const std::uint32_t udp_octets = 8 + payload_octets;
        Bytes packet;
        if (family == KL_FAMILY_V4) {
            const std::uint32_t header = 20 + static_cast<std::uint32_t>(options.size());
            packet.assign(20, 0);
            packet[0] = static_cast<std::uint8_t>(0x40 | header / 4);
            packet[1] = traffic_class;
            store_be16(&packet[2], header + udp_octets);
            store_be16(&packet[4], 0x1234);
            if (dont_fragment) packet[6] = 0x40;
            packet[8] = hop_limit;
            packet[9] = kProtocolUdp;
            const std::array<std::uint8_t, 8> addresses{10, 0, 0, local_octet, 10, 0, 0, remote_octet};
            std::copy(addresses.begin(), addresses.end(), &packet[12]);
            append(packet, options);
            write_ipv4_checksum(packet);
        } else {
            packet.assign(40, 0);
            store_be32(packet.data(), 0x60000000U | std::uint32_t{traffic_class} << 20 | 0x54321);
            store_be16(&packet[4], static_cast<std::uint32_t>(extensions.size()) + udp_octets);
            packet[6] = first_extension;
            packet[7] = hop_limit;
            packet[8] = packet[24] = 0xfd;
            packet[23] = local_octet;
            packet[39] = remote_octet;
            append(packet, extensions);
        }
        const std::size_t udp_at = packet.size();
        append_be16(packet, source_port);
        append_be16(packet, destination_port);
        append_be16(packet, static_cast<std::uint16_t>(udp_octets));
        append_be16(packet, 0);
        for (std::uint32_t i = 0; i < payload_octets; ++i)
            packet.push_back(static_cast<std::uint8_t>(i * 7));
        const std::uint16_t sum = checksum_finish(checksum_add(
            std::span(packet).subspan(udp_at), pseudo_header_sum(packet, kProtocolUdp, udp_octets)));
        store_be16(&packet[udp_at + 6], sum == 0 ? 0xffff : sum);
        return packet;
    }
};

struct SuiteChoice {
    kl_encryption encryption;
    unsigned key_octets;  // without the salt
    kl_integrity integrity;
    const char* name;
};

inline constexpr SuiteChoice kSuites[] = {
    {KL_ENCR_AES_GCM_16, 16, KL_INTEG_NONE, "gcm128"},
    {KL_ENCR_AES_GCM_16, 24, KL_INTEG_NONE, "gcm192"},
    {KL_ENCR_AES_GCM_16, 32, KL_INTEG_NONE, "gcm256"},
    {KL_ENCR_AES_CBC, 16, KL_INTEG_HMAC_SHA1_96, "cbc128sha1"},
    {KL_ENCR_AES_CBC, 24, KL_INTEG_HMAC_SHA2_256_128, "cbc192sha256"},
    {KL_ENCR_AES_CBC, 32, KL_INTEG_HMAC_SHA2_256_128, "cbc256sha256"},
    {KL_ENCR_AES_CBC, 16, KL_INTEG_HMAC_SHA2_384_192, "cbc128sha384"},
    {KL_ENCR_AES_CBC, 32, KL_INTEG_HMAC_SHA2_512_256, "cbc256sha512"},
    {KL_ENCR_AES_CBC, 16, KL_INTEG_HMAC_MD5_96, "cbc128md5"},
    {KL_ENCR_DES_CBC, 8, KL_INTEG_HMAC_MD5_96, "desmd5"},
    {KL_ENCR_3DES_CBC, 24, KL_INTEG_HMAC_SHA1_96, "3dessha1"},
    {KL_ENCR_AES_GMAC, 16, KL_INTEG_NONE, "gmac128"},
    {KL_ENCR_AES_GMAC, 32, KL_INTEG_NONE, "gmac256"},
    {KL_ENCR_NULL, 0, KL_INTEG_HMAC_SHA1_96, "nullsha1"},
    {KL_ENCR_NULL, 0, KL_INTEG_HMAC_SHA2_256_128, "nullsha256"},
};

// An SA and its state, in one direction. `local` is this side: for inbound SAs the receiver.
struct SaMaker {
    SuiteChoice suite = kSuites[0];
    kl_mode mode = KL_TRANSPORT;
    std::uint8_t family = KL_FAMILY_V4;        // outer
    std::uint8_t inner_family = KL_FAMILY_V4;  // of the selector
    std::uint16_t flags = 0;
    std::uint8_t local_octet = 1;
    std::uint8_t remote_octet = 2;
    unsigned seed = 1;

    kl_sa sa(kl_direction direction) const {
        kl_sa made{};
        made.spi = 0xc0ffee00 + seed;
        made.epoch = seed;
        made.direction = direction;
        made.mode = mode;
        made.engine = KL_ENGINE_FASTPATH;
        made.family = family;
        made.encryption = suite.encryption;
        made.integrity = suite.integrity;
        made.flags = flags;
        made.replay_window = 2048;
        made.local = address(family, direction == KL_OUTBOUND ? local_octet : remote_octet);
        made.remote = address(family, direction == KL_OUTBOUND ? remote_octet : local_octet);
        made.selector.family = mode == KL_TUNNEL ? inner_family : family;
        if (flags & KL_SA_UDP_ENCAP) made.encap_local_port = made.encap_remote_port = 4500;
        return made;
    }
    kl_sa_keys keys() const {
        kl_sa_keys made{};
        std::mt19937 random(seed);
        made.encryption_octets =
            static_cast<std::uint8_t>(suite.key_octets + (suite.integrity == KL_INTEG_NONE ? 4 : 0));
        const unsigned hmac[] = {0, 16, 20, 32, 48, 64};
        made.integrity_octets = static_cast<std::uint8_t>(hmac[suite.integrity]);
        for (auto& octet : made.encryption)
            octet = static_cast<std::uint8_t>(random());
        for (auto& octet : made.integrity)
            octet = static_cast<std::uint8_t>(random());
        return made;
    }
    static kl_address address(std::uint8_t family, std::uint8_t last) {
        kl_address made{};
        if (family == KL_FAMILY_V4) {
            made.octets[0] = 10;
            made.octets[3] = last;
        } else {
            made.octets[0] = 0xfd;
            made.octets[15] = last;
        }
        return made;
    }
};

struct TestSa {
    kl_sa_state state{};
    std::unique_ptr<SecurityAssociation> sa;

    TestSa(CryptoEngine& engine, const kl_sa& public_part, const kl_sa_keys& keys) {
        state.epoch = public_part.epoch;
        auto made = make_security_association(engine, public_part, keys, &state);
        if (!made) throw std::runtime_error(made.error());
        sa = std::move(*made);
    }
    TestSa(CryptoEngine& engine, const SaMaker& maker, kl_direction direction)
        : TestSa(engine, maker.sa(direction), maker.keys()) {}
    TestSa(const TestSa&) = delete;
    TestSa& operator=(const TestSa&) = delete;
};

}  // namespace keyline::fastpath::testing
