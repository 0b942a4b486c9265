// First messages during a flood: XDP answers as keylined would, and lets through what keylined has to see.
#include "authip/dos_cookie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "packet/packet_fixture.h"
#include "wire/build.h"

namespace keyline::datapath {
namespace {

constexpr exchange::Instant kStart{std::chrono::hours(1)};
const Endpoint kPeer4{*IpAddress::parse("10.1.0.77"), 40500};
const Endpoint kPeer6{*IpAddress::parse("2001:db8:1::77"), 40500};
const Bytes kHostMac{2, 0, 0, 0, 0, 0x0a};
const Bytes kPeerMac{2, 0, 0, 0, 0, 0x0b};
constexpr wire::Cookie kInitiator{1, 2, 3, 4, 5, 6, 7, 8};

// Octets from a list, again and again.
class Scripted final : public crypto::RandomSource {
  public:
    explicit Scripted(Bytes octets) : octets_(std::move(octets)) {}
    void fill(std::span<std::uint8_t> to) override {
        for (std::uint8_t& octet : to)
            octet = octets_[next_++ % octets_.size()];
    }

  private:
    Bytes octets_;
    std::size_t next_ = 0;
};

struct Message {
    wire::Cookie initiator = kInitiator;
    wire::Cookie responder{};
    std::uint32_t sequence = 0;
    wire::ExchangeType exchange = wire::ExchangeType::kAuthipMainMode;

    Bytes build() const {
        const wire::Header header{
            .initiator_cookie = initiator, .responder_cookie = responder, .exchange_type = exchange};
        const std::vector<wire::Payload> payloads{{wire::Nonce{Bytes(32, 7)}},
                                                  {wire::VendorId{Bytes(20, 9)}}};
        return *wire::build_clear_message(header, {.sequence = sequence}, payloads);
    }
};

std::uint16_t checksum(const Bytes& octets) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < octets.size(); i += 2)
        sum += static_cast<std::uint32_t>(octets[i]) << 8 | (i + 1 < octets.size() ? octets[i + 1] : 0U);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void put_be16(Bytes& octets, std::size_t at, std::uint16_t value) {
    octets[at] = static_cast<std::uint8_t>(value >> 8);
    octets[at + 1] = static_cast<std::uint8_t>(value);
}

Bytes udp_datagram(const Endpoint& from, const Endpoint& to, ByteView data) {
    Bytes udp;
    const auto length = static_cast<std::uint16_t>(8 + data.size());
    for (const std::uint16_t word : {from.port, to.port, length, std::uint16_t{0}})
        append_be16(udp, word);
    append(udp, data);
    Bytes covered;
    append(covered, from.address.octets());
    append(covered, to.address.octets());
    append_be32(covered, 17);
    append_be32(covered, length);
    append(covered, udp);
    put_be16(udp, 6, checksum(covered));
    return udp;
}

Bytes ip_packet(const Endpoint& from, const Endpoint& to, ByteView data) {
    const Bytes udp = udp_datagram(from, to, data);
    Bytes packet;
    if (from.address.is_v4()) {
        packet = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
        put_be16(packet, 2, static_cast<std::uint16_t>(20 + udp.size()));
    } else {
        packet = {0x60, 0, 0, 0, 0, 0, 17, 64};
        put_be16(packet, 4, static_cast<std::uint16_t>(udp.size()));
    }
    append(packet, from.address.octets());
    append(packet, to.address.octets());
    if (from.address.is_v4()) put_be16(packet, 10, checksum(packet));
    append(packet, udp);
    return packet;
}

// `tags` stands between the addresses and the EtherType.
Bytes frame(const Bytes& to, const Bytes& from, const Bytes& tags, const Bytes& packet) {
    Bytes octets = to;
    append(octets, from);
    append(octets, tags);
    append_be16(octets, (packet[0] >> 4) == 4 ? 0x0800 : 0x86dd);
    append(octets, packet);
    return octets;
}

class DosCookieTest : public PacketTest {
  protected:
    void protect(std::chrono::seconds after = {}, bool active = true) {
        const exchange::CookieSecrets secrets = cookies_.secrets(kStart + after);
        datapath().set_dos_protection(active, secrets.current, secrets.previous);
    }

    Endpoint host(const Endpoint& peer, std::uint16_t port = 500) const {
        return {*IpAddress::parse(peer.address.is_v4() ? "10.1.0.1" : "2001:db8:1::1"), port};
    }

    Outcome receive(const Message& message, const Endpoint& peer = kPeer4) {
        return run(Program::kIngress,
                   frame(kHostMac, kPeerMac, {}, ip_packet(peer, host(peer), message.build())));
    }

    // A first message so wrapped is answered by what keylined would say, in the same wrapping.
    void expect_answer(const Endpoint& peer, const Bytes& tags = {}, const Bytes& marker = {},
                       std::uint16_t port = 500) {
        Bytes request = marker;
        append(request, Message{}.build());
        const Outcome outcome = run(
            Program::kIngress, frame(kHostMac, kPeerMac, tags, ip_packet(peer, host(peer, port), request)));
        ASSERT_EQ(outcome.verdict, Verdict::kTransmit);
        EXPECT_EQ(outcome.reasons, "cookie-sent");
        const std::size_t body = 14 + tags.size() + (peer.address.is_v4() ? 20U : 40U) + 8 + marker.size();
        ASSERT_GT(outcome.frame.size(), body + 24);
        const auto id = outcome.frame.begin() + static_cast<std::ptrdiff_t>(body) + 20;
        Scripted message_id(Bytes(id, id + 4));
        Bytes answer = marker;
        append(answer,
               authip::build_dos_cookie(kInitiator, cookies_.make(kStart, peer, kInitiator), message_id));
        EXPECT_EQ(to_hex(outcome.frame),
                  to_hex(frame(kPeerMac, kHostMac, tags, ip_packet(host(peer, port), peer, answer))));
    }

    Scripted random_{Bytes{0x31, 0x41, 0x59, 0x26, 0x53, 0x58, 0x97}};
    authip::DosCookies cookies_{random_};
};

TEST_F(DosCookieTest, NothingIsAskedForWhileTheKeyerDoesNotWantIt) {
    EXPECT_EQ(receive({}).reasons, "pass-ike");
    protect();
    EXPECT_EQ(receive({}).reasons, "cookie-sent");
    protect({}, false);
    EXPECT_EQ(receive({}).reasons, "pass-ike");
}

TEST_F(DosCookieTest, TheAnswerIsKeylinedsOctetForOctet) {
    protect();
    for (const Endpoint& peer : {kPeer4, kPeer6}) {
        expect_answer(peer);
        expect_answer(peer, {0x81, 0x00, 0, 5});
        expect_answer(peer, {0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 5});
        expect_answer(peer, {}, Bytes(4, 0), 4500);
    }
}

TEST_F(DosCookieTest, AGoodCookiePassesForTwoLifetimesOfItsSecret) {
    protect();
    const Message good{.responder = cookies_.make(kStart, kPeer4, kInitiator)};
    EXPECT_EQ(receive(good).reasons, "pass-ike");
    protect(std::chrono::seconds(61));
    EXPECT_EQ(receive(good).reasons, "pass-ike");
    protect(std::chrono::seconds(122));
    EXPECT_EQ(receive(good).reasons, "cookie-sent");
}

TEST_F(DosCookieTest, KeylinedTakesTheKernelsCookie) {
    protect();
    const Outcome asked = receive({});
    wire::Cookie cookie;
    std::copy_n(asked.frame.end() - 8, 8, cookie.begin());
    EXPECT_TRUE(cookies_.check(kStart, kPeer4, kInitiator, cookie));
    EXPECT_FALSE(cookies_.check(kStart, {kPeer4.address, 500}, kInitiator, cookie));
}

// MS-IKEE 3.9.5.3: as if there were none.
TEST_F(DosCookieTest, AWrongCookieIsAnsweredByAnother) {
    protect();
    const wire::Cookie cookie = cookies_.make(kStart, kPeer4, kInitiator);
    wire::Cookie forged = cookie;
    forged[7] ^= 1;
    EXPECT_EQ(receive({.responder = forged}).reasons, "cookie-sent");
    EXPECT_EQ(receive({.responder = cookie}, {*IpAddress::parse("10.1.0.78"), kPeer4.port}).reasons,
              "cookie-sent");
    EXPECT_EQ(receive({.responder = cookie}, {kPeer4.address, 40501}).reasons, "cookie-sent");
    EXPECT_EQ(receive({.initiator = {9}, .responder = cookie}).reasons, "cookie-sent");
}

TEST_F(DosCookieTest, TheAnswerToAnInitiationOfOursPasses) {
    const wire::Cookie ours = cookies_.new_initiator_cookie(kStart, kPeer4.address);
    protect();
    EXPECT_EQ(receive({.initiator = ours, .responder = {1}}).reasons, "pass-ike");
    EXPECT_EQ(receive({.initiator = ours, .responder = {1}}, kPeer6).reasons, "cookie-sent");
    protect(std::chrono::seconds(61));
    EXPECT_EQ(receive({.initiator = ours, .responder = {1}}).reasons, "pass-ike");
}

TEST_F(DosCookieTest, OtherMessagesPass) {
    protect();
    EXPECT_EQ(receive({.responder = {1}, .sequence = 1}).reasons, "pass-ike");
    for (const auto exchange : {wire::ExchangeType::kAuthipNotify, wire::ExchangeType::kAuthipQuickMode,
                                wire::ExchangeType::kMainMode}) {
        EXPECT_EQ(receive({.exchange = exchange}).reasons, "pass-ike");
    }
}

TEST_F(DosCookieTest, MalformedFirstMessagesAreDropped) {
    protect();
    const std::pair<const char*, std::function<void(Bytes&)>> damages[] = {
        {"initiator cookie zero", [](Bytes& m) { std::fill_n(m.begin(), 8, 0); }},
        {"no Crypto payload", [](Bytes& m) { m[16] = 1; }},
        {"version 2", [](Bytes& m) { m[17] = 0x20; }},
        {"unknown flag", [](Bytes& m) { m[19] = 2; }},
        {"length of another datagram", [](Bytes& m) { m[27] ^= 1; }},
        {"cut after its header", [](Bytes& m) { m.resize(28); }},
        {"sequence number", [](Bytes& m) { m[35] = 1; }},
        {"shorter than the answer",
         [](Bytes& m) {
             m.resize(44);
             m[27] = 44;
         }},
    };
    for (const auto& [what, damage] : damages) {
        Bytes message = Message{}.build();
        damage(message);
        const Outcome outcome =
            run(Program::kIngress, frame(kHostMac, kPeerMac, {}, ip_packet(kPeer4, host(kPeer4), message)));
        EXPECT_EQ(outcome.verdict, Verdict::kDrop) << what;
        EXPECT_EQ(outcome.reasons, "cookie") << what;
    }
    const Bytes group{1, 0, 0x5e, 0, 0, 1};
    const Bytes to_group = frame(group, kPeerMac, {}, ip_packet(kPeer4, host(kPeer4), Message{}.build()));
    EXPECT_EQ(run(Program::kIngress, to_group).reasons, "cookie");
}

// keylined answers those, without keeping anything either.
TEST_F(DosCookieTest, OptionsAndFragmentsAreKeylineds) {
    protect();
    Bytes fragment = ip_packet(kPeer4, host(kPeer4), Message{}.build());
    fragment[6] = 0x20;
    EXPECT_EQ(run(Program::kIngress, frame(kHostMac, kPeerMac, {}, fragment)).reasons, "pass-ike");
    Bytes options = ip_packet(kPeer4, host(kPeer4), Message{}.build());
    options[0] = 0x46;
    put_be16(options, 2, static_cast<std::uint16_t>(options.size() + 4));
    options.insert(options.begin() + 20, 4, 1);
    EXPECT_EQ(run(Program::kIngress, frame(kHostMac, kPeerMac, {}, options)).reasons, "pass-ike");
}

TEST_F(DosCookieTest, ARestartedDaemonAsksForNothing) {
    protect();
    restart();
    EXPECT_EQ(receive({}).reasons, "pass-ike");
}

}  // namespace
}  // namespace keyline::datapath
