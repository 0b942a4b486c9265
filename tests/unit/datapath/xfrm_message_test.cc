#include "datapath/xfrm_message.h"

#include <gtest/gtest.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/xfrm.h>

#include <cstring>
#include <map>
#include <string>

namespace keyline::datapath {
namespace {

using policy::Encryption;
using policy::Integrity;

policy::SadEntry entry_of(policy::EspSuite suite) {
    policy::SadEntry entry;
    entry.direction = policy::Direction::kOutbound;
    entry.spi = 0x01020304;
    entry.local = *IpAddress::parse("192.0.2.1");
    entry.remote = *IpAddress::parse("192.0.2.2");
    entry.selector = {.local = Prefix::host(entry.local),
                      .remote = Prefix::host(entry.remote),
                      .protocol = IPPROTO_TCP,
                      .local_port = 0,
                      .remote_port = 443};
    entry.suite = suite;
    entry.encryption_key = Secret(suite.encryption_key_octets());
    entry.integrity_key = Secret(suite.integrity_key_octets());
    return entry;
}

// The attributes of a message, by type: octets of the payload.
std::map<unsigned, Bytes> attributes(const NetlinkRequest& request, std::size_t fixed) {
    std::map<unsigned, Bytes> found;
    auto visit = [](const nlattr* attribute, void* data) {
        const auto* octets = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
        (*static_cast<std::map<unsigned, Bytes>*>(data))[mnl_attr_get_type(attribute)] =
            Bytes(octets, octets + mnl_attr_get_payload_len(attribute));
        return MNL_CB_OK;
    };
    EXPECT_EQ(MNL_CB_OK, mnl_attr_parse(request.header(), static_cast<unsigned>(fixed), visit, &found));
    return found;
}

template <typename Struct>
Struct as(const Bytes& octets) {
    Struct out{};
    EXPECT_GE(octets.size(), sizeof(out));
    std::memcpy(&out, octets.data(), std::min(octets.size(), sizeof(out)));
    return out;
}

TEST(XfrmMessage, AnSaHasItsAddressesSelectorAndLimits) {
    policy::SadEntry entry = entry_of({});
    entry.lifetime.soft_octets = 1000;
    entry.lifetime.hard_packets = 7;
    NetlinkRequest request(XFRM_MSG_NEWSA);
    put_sa(request, entry, 5, 6, {});
    const auto* info = static_cast<const xfrm_usersa_info*>(mnl_nlmsg_get_payload(request.header()));
    EXPECT_EQ(0, std::memcmp(&info->id.daddr, "\xc0\x00\x02\x02", 4));
    EXPECT_EQ(0, std::memcmp(&info->saddr, "\xc0\x00\x02\x01", 4));
    EXPECT_EQ(0, std::memcmp(&info->id.spi, "\x01\x02\x03\x04", 4));
    EXPECT_EQ(IPPROTO_ESP, info->id.proto);
    EXPECT_EQ(5U, info->reqid);
    EXPECT_EQ(XFRM_MODE_TRANSPORT, info->mode);
    EXPECT_EQ(32, info->sel.prefixlen_d);
    EXPECT_EQ(0, info->sel.proto);  // protocol and ports are the policies' that lead to it
    EXPECT_EQ(0, info->sel.dport_mask);
    EXPECT_EQ(1000U, info->lft.soft_byte_limit);
    EXPECT_EQ(XFRM_INF, info->lft.hard_byte_limit);
    EXPECT_EQ(7U, info->lft.hard_packet_limit);
    EXPECT_EQ(6U, as<std::uint32_t>(attributes(request, sizeof(*info))[XFRMA_IF_ID]));
}

TEST(XfrmMessage, AnInboundSaSeesTheSelectorFromTheOtherSide) {
    policy::SadEntry entry = entry_of({});
    entry.direction = policy::Direction::kInbound;
    NetlinkRequest request(XFRM_MSG_NEWSA);
    put_sa(request, entry, 0, 0, {});
    const auto* info = static_cast<const xfrm_usersa_info*>(mnl_nlmsg_get_payload(request.header()));
    EXPECT_EQ(0, std::memcmp(&info->id.daddr, "\xc0\x00\x02\x01", 4));
    EXPECT_EQ(0, std::memcmp(&info->sel.saddr, "\xc0\x00\x02\x02", 4));
    EXPECT_EQ(0, std::memcmp(&info->sel.sport, "\x01\xbb", 2));
    EXPECT_EQ(0, info->sel.dport_mask);
    EXPECT_EQ(0U, attributes(request, sizeof(*info)).count(XFRMA_IF_ID));
}

TEST(XfrmMessage, TypeAndCodeOfIcmpStandInThePlaceOfPorts) {
    policy::SadEntry entry = entry_of({});
    entry.selector.protocol = IPPROTO_ICMP;
    entry.selector.local_port = 8 << 8 | 1;
    entry.selector.remote_port = 0;
    for (const auto direction : {XfrmDirection::kIn, XfrmDirection::kOut}) {
        NetlinkRequest request(XFRM_MSG_UPDPOLICY);
        put_policy(request, {.direction = direction, .selector = entry.selector});
        const auto* info = static_cast<const xfrm_userpolicy_info*>(mnl_nlmsg_get_payload(request.header()));
        EXPECT_EQ(0, std::memcmp(&info->sel.sport, "\x00\x08", 2));
        EXPECT_EQ(0, std::memcmp(&info->sel.dport, "\x00\x01", 2));
    }
}

TEST(XfrmMessage, EverySuiteHasTheKernelsNames) {
    struct Case {
        policy::EspSuite suite;
        std::string cipher, integrity;
        unsigned icv_bits;
    };
    const Case cases[] = {
        {{Encryption::kAesGcm16, 32, Integrity::kNone}, "rfc4106(gcm(aes))", "", 128},
        {{Encryption::kAesGmac, 16, Integrity::kNone}, "rfc4543(gcm(aes))", "", 128},
        {{Encryption::kAesCbc, 16, Integrity::kHmacSha256_128}, "cbc(aes)", "hmac(sha256)", 128},
        {{Encryption::k3desCbc, 24, Integrity::kHmacSha1_96}, "cbc(des3_ede)", "hmac(sha1)", 96},
        {{Encryption::kDesCbc, 8, Integrity::kHmacMd5_96}, "cbc(des)", "hmac(md5)", 96},
        {{Encryption::kAesCbc, 32, Integrity::kHmacSha384_192}, "cbc(aes)", "hmac(sha384)", 192},
        {{Encryption::kNull, 0, Integrity::kHmacSha512_256}, "ecb(cipher_null)", "hmac(sha512)", 256},
    };
    for (const Case& wanted : cases) {
        SCOPED_TRACE(wanted.suite.to_string());
        policy::SadEntry entry = entry_of(wanted.suite);
        if (!entry.encryption_key.empty()) entry.encryption_key.writable().back() = 0xee;
        NetlinkRequest request(XFRM_MSG_NEWSA);
        put_sa(request, entry, 0, 0, {});
        auto found = attributes(request, sizeof(xfrm_usersa_info));
        if (wanted.integrity.empty()) {
            const auto aead = as<xfrm_algo_aead>(found[XFRMA_ALG_AEAD]);
            EXPECT_EQ(wanted.cipher, aead.alg_name);
            EXPECT_EQ(wanted.icv_bits, aead.alg_icv_len);
            EXPECT_EQ((wanted.suite.key_octets + 4U) * 8, aead.alg_key_len);
            EXPECT_EQ(0xee, found[XFRMA_ALG_AEAD].back());
            continue;
        }
        const auto cipher = as<xfrm_algo>(found[XFRMA_ALG_CRYPT]);
        const auto integrity = as<xfrm_algo_auth>(found[XFRMA_ALG_AUTH_TRUNC]);
        EXPECT_EQ(wanted.cipher, cipher.alg_name);
        EXPECT_EQ(wanted.suite.key_octets * 8U, cipher.alg_key_len);
        EXPECT_EQ(sizeof(xfrm_algo) + wanted.suite.key_octets, found[XFRMA_ALG_CRYPT].size());
        EXPECT_EQ(wanted.integrity, integrity.alg_name);
        EXPECT_EQ(wanted.icv_bits, integrity.alg_trunc_len);
        EXPECT_EQ(entry.integrity_key.size() * 8, integrity.alg_key_len);
    }
}

TEST(XfrmMessage, SequenceNumbersAndWindowGoOn) {
    policy::SadEntry entry = entry_of({});
    entry.replay_window = 2048;
    XfrmProgress progress{.outbound = 0x1'0000'0002, .inbound = 0x3'0000'0004, .window = {}};
    progress.window.assign(64, 0);
    progress.window[63] = 0xf;
    for (const bool esn : {true, false}) {
        entry.esn = esn;
        NetlinkRequest request(XFRM_MSG_NEWSA);
        put_sa(request, entry, 0, 0, progress);
        const auto* info = static_cast<const xfrm_usersa_info*>(mnl_nlmsg_get_payload(request.header()));
        EXPECT_EQ(esn ? XFRM_STATE_ESN : 0, info->flags);
        const auto state = attributes(request, sizeof(*info))[XFRMA_REPLAY_ESN_VAL];
        const auto fixed = as<xfrm_replay_state_esn>(state);
        EXPECT_EQ(64U, fixed.bmp_len);
        EXPECT_EQ(2048U, fixed.replay_window);
        EXPECT_EQ(2U, fixed.oseq);
        EXPECT_EQ(esn ? 1U : 0U, fixed.oseq_hi);
        EXPECT_EQ(4U, fixed.seq);
        EXPECT_EQ(esn ? 3U : 0U, fixed.seq_hi);
        EXPECT_EQ(sizeof(fixed) + 256, state.size());

        const auto read = read_sa(request.header());
        ASSERT_TRUE(read);
        EXPECT_EQ(xfrm_name(entry), read->name);
        EXPECT_EQ(progress.window, read->progress.window);
        EXPECT_EQ(esn ? progress.inbound : 4U, read->progress.inbound);
        EXPECT_EQ(esn ? progress.outbound : 2U, read->progress.outbound);
    }
}

TEST(XfrmMessage, OffloadNamesTheDeviceTheDirectionAndHowMuch) {
    for (const auto direction : {policy::Direction::kInbound, policy::Direction::kOutbound}) {
        for (const bool packet : {false, true}) {
            policy::SadEntry entry = entry_of({});
            entry.direction = direction;
            NetlinkRequest request(XFRM_MSG_NEWSA);
            put_sa(request, entry, 5, 6, {});
            put_offload(request, direction, {.ifindex = 3, .packet = packet});
            const auto device =
                as<xfrm_user_offload>(attributes(request, sizeof(xfrm_usersa_info))[XFRMA_OFFLOAD_DEV]);
            EXPECT_EQ(3, device.ifindex);
            EXPECT_EQ(direction == policy::Direction::kInbound, (device.flags & XFRM_OFFLOAD_INBOUND) != 0);
            EXPECT_EQ(packet, (device.flags & XFRM_OFFLOAD_PACKET) != 0);
            const auto read = read_sa(request.header());
            ASSERT_TRUE(read);
            EXPECT_EQ(3U, read->offload.ifindex);
            EXPECT_EQ(packet, read->offload.packet);
        }
    }
}

TEST(XfrmMessage, ThePolicyOfAnOffloadedSaIsTheDevicesToo) {
    NetlinkRequest request(XFRM_MSG_UPDPOLICY);
    put_policy(request, {.selector = entry_of({}).selector, .offload_ifindex = 3});
    const auto device =
        as<xfrm_user_offload>(attributes(request, sizeof(xfrm_userpolicy_info))[XFRMA_OFFLOAD_DEV]);
    EXPECT_EQ(3, device.ifindex);
    EXPECT_EQ(XFRM_OFFLOAD_PACKET, device.flags);
}

TEST(XfrmMessage, WithoutOffloadNoDeviceIsNamed) {
    NetlinkRequest request(XFRM_MSG_NEWSA);
    put_sa(request, entry_of({}), 5, 6, {});
    put_offload(request, policy::Direction::kOutbound, {});
    EXPECT_FALSE(attributes(request, sizeof(xfrm_usersa_info)).contains(XFRMA_OFFLOAD_DEV));
}

TEST(XfrmMessage, EncapsulationTakesTheSendersPortFirst) {
    policy::SadEntry entry = entry_of({});
    entry.encapsulation = {.local_port = 4500, .remote_port = 4501, .follow_remote = false};
    for (const auto direction : {policy::Direction::kInbound, policy::Direction::kOutbound}) {
        entry.direction = direction;
        NetlinkRequest request(XFRM_MSG_NEWSA);
        put_sa(request, entry, 0, 0, {});
        const auto encapsulation =
            as<xfrm_encap_tmpl>(attributes(request, sizeof(xfrm_usersa_info))[XFRMA_ENCAP]);
        const bool outbound = direction == policy::Direction::kOutbound;
        EXPECT_EQ(outbound ? 4500 : 4501, __builtin_bswap16(encapsulation.encap_sport));
        EXPECT_EQ(outbound ? 4501 : 4500, __builtin_bswap16(encapsulation.encap_dport));
    }
}

TEST(XfrmMessage, APolicyHasItsTemplateAndAnotherHasNone) {
    const policy::SadEntry entry = entry_of({});
    XfrmPolicy policy{
        .direction = XfrmDirection::kOut,
        .selector = entry.selector,
        .if_id = 9,
        .priority = 4,
        .wanted = XfrmTemplate{
            .mode = policy::Mode::kTunnel, .source = entry.local, .destination = entry.remote, .reqid = 3}};
    NetlinkRequest request(XFRM_MSG_UPDPOLICY);
    put_policy(request, policy);
    const auto* info = static_cast<const xfrm_userpolicy_info*>(mnl_nlmsg_get_payload(request.header()));
    EXPECT_EQ(XFRM_POLICY_OUT, info->dir);
    EXPECT_EQ(4U, info->priority);
    EXPECT_EQ(XFRM_INF, info->lft.hard_byte_limit);
    auto found = attributes(request, sizeof(*info));
    const auto wanted = as<xfrm_user_tmpl>(found[XFRMA_TMPL]);
    EXPECT_EQ(3U, wanted.reqid);
    EXPECT_EQ(XFRM_MODE_TUNNEL, wanted.mode);
    EXPECT_EQ(0, std::memcmp(&wanted.id.daddr, "\xc0\x00\x02\x02", 4));
    EXPECT_EQ(9U, as<std::uint32_t>(found[XFRMA_IF_ID]));

    policy.wanted.reset();
    policy.direction = XfrmDirection::kForward;
    NetlinkRequest other(XFRM_MSG_UPDPOLICY);
    put_policy(other, policy);
    EXPECT_EQ(0U, attributes(other, sizeof(*info)).count(XFRMA_TMPL));
}

TEST(XfrmMessage, MarksAreWantedByPoliciesAndGivenBySas) {
    constexpr XfrmMark kMark{.value = 0x80100000, .mask = 0xfff00000};
    NetlinkRequest policy(XFRM_MSG_UPDPOLICY), name(XFRM_MSG_DELPOLICY), sa(XFRM_MSG_NEWSA);
    const XfrmPolicy marked{.selector = entry_of({}).selector, .mark = kMark};
    put_policy(policy, marked);
    put_policy_name(name, marked);
    for (const auto& found : {attributes(policy, sizeof(xfrm_userpolicy_info))[XFRMA_MARK],
                              attributes(name, sizeof(xfrm_userpolicy_id))[XFRMA_MARK]}) {
        const auto mark = as<xfrm_mark>(found);
        EXPECT_EQ(kMark.value, mark.v);
        EXPECT_EQ(kMark.mask, mark.m);
    }
    put_sa(sa, entry_of({}), 0, 0, {});
    put_given_mark(sa, {});
    EXPECT_EQ(0U, attributes(sa, sizeof(xfrm_usersa_info)).count(XFRMA_SET_MARK));
    put_given_mark(sa, kMark);
    auto found = attributes(sa, sizeof(xfrm_usersa_info));
    EXPECT_EQ(kMark.value, as<std::uint32_t>(found[XFRMA_SET_MARK]));
    EXPECT_EQ(kMark.mask, as<std::uint32_t>(found[XFRMA_SET_MARK_MASK]));
    EXPECT_EQ(0U, found.count(XFRMA_MARK));
}

TEST(XfrmMessage, APolicyIsReadAsItWasPut) {
    const policy::SadEntry entry = entry_of({});
    for (const auto direction : {XfrmDirection::kIn, XfrmDirection::kOut, XfrmDirection::kForward}) {
        const XfrmPolicy policy{
            .direction = direction,
            .selector = entry.selector,
            .mark = {.value = 9, .mask = 0xff},
            .if_id = 5,
            .priority = 6,
            .wanted = XfrmTemplate{.source = entry.local, .destination = entry.remote, .reqid = 3},
            .blocks = true,
        };
        NetlinkRequest request(XFRM_MSG_NEWPOLICY);
        put_policy(request, policy);
        const auto read = read_policy(request.header());
        ASSERT_TRUE(read);
        EXPECT_EQ(direction, read->direction);
        EXPECT_EQ(entry.selector, read->selector);
        EXPECT_EQ(5U, read->if_id);
        EXPECT_EQ(6U, read->priority);
        EXPECT_EQ(policy.mark, read->mark);
        EXPECT_TRUE(read->blocks);
        ASSERT_TRUE(read->wanted);
        EXPECT_EQ(entry.remote, read->wanted->destination);
        EXPECT_EQ(3U, read->wanted->reqid);
    }
}

TEST(XfrmMessage, APolicyOfASocketIsNoneOfTheNamespace) {
    NetlinkRequest request(XFRM_MSG_NEWPOLICY);
    put_policy(request, {.selector = entry_of({}).selector});
    static_cast<xfrm_userpolicy_info*>(mnl_nlmsg_get_payload(request.header()))->dir = XFRM_POLICY_MAX;
    EXPECT_FALSE(read_policy(request.header()));
}

TEST(XfrmMessage, AnExpiryTellsWhichLimit) {
    NetlinkRequest message(XFRM_MSG_EXPIRE);
    auto* expire = message.extra<xfrm_user_expire>();
    expire->state.id.proto = IPPROTO_ESP;
    expire->state.family = 2;
    std::memcpy(&expire->state.id.daddr, "\xc0\x00\x02\x02", 4);
    std::memcpy(&expire->state.id.spi, "\x01\x02\x03\x04", 4);
    expire->hard = 1;
    const auto event = read_event(message.header());
    ASSERT_TRUE(event);
    const auto* expiry = std::get_if<XfrmExpiry>(&*event);
    ASSERT_TRUE(expiry);
    EXPECT_EQ(xfrm_name(entry_of({})), expiry->name);
    EXPECT_TRUE(expiry->hard);
    expire->state.id.proto = IPPROTO_AH;
    EXPECT_FALSE(read_event(message.header()));
    message.header()->nlmsg_len -= 4;
    EXPECT_FALSE(read_event(message.header()));
}

TEST(XfrmMessage, DeletionsTellThatStatesOrPoliciesHaveGone) {
    for (const std::uint16_t type : {XFRM_MSG_DELSA, XFRM_MSG_FLUSHSA}) {
        const auto event = read_event(NetlinkRequest(type).header());
        EXPECT_TRUE(event && std::holds_alternative<XfrmStatesGone>(*event));
    }
    for (const std::uint16_t type : {XFRM_MSG_DELPOLICY, XFRM_MSG_FLUSHPOLICY}) {
        const auto event = read_event(NetlinkRequest(type).header());
        EXPECT_TRUE(event && std::holds_alternative<XfrmPoliciesGone>(*event));
    }
    EXPECT_FALSE(read_event(NetlinkRequest(XFRM_MSG_NEWSA).header()));
}

TEST(XfrmMessage, AMappingTellsWhereThePeerIs) {
    NetlinkRequest message(XFRM_MSG_MAPPING);
    auto* mapping = message.extra<xfrm_user_mapping>();
    mapping->id.family = 2;
    std::memcpy(&mapping->id.daddr, "\xc0\x00\x02\x02", 4);
    std::memcpy(&mapping->id.spi, "\x01\x02\x03\x04", 4);
    std::memcpy(&mapping->new_saddr, "\xc0\x00\x02\x09", 4);
    mapping->new_sport = __builtin_bswap16(4501);
    const auto event = read_event(message.header());
    ASSERT_TRUE(event);
    const auto* moved = std::get_if<XfrmMapping>(&*event);
    ASSERT_TRUE(moved);
    EXPECT_EQ(xfrm_name(entry_of({})), moved->name);
    EXPECT_EQ("192.0.2.9:4501", moved->source.to_string());
}

}  // namespace
}  // namespace keyline::datapath
