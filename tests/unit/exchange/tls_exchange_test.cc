// The engine with real TLS: what hostile tokens come to, and that a clean negotiation succeeds afterwards.
#include <gtest/gtest.h>

#include "auth/tls.h"
#include "authip/gss_exchange.h"
#include "simulation/pair.h"
#include "simulation/raw_peer.h"
#include "unit/auth/pki.h"

namespace keyline::simulation {
namespace {

constexpr auto kMainMode = wire::ExchangeType::kAuthipMainMode;
constexpr std::uint32_t kAuthFail = 13801;
namespace flag = wire::gss_flag;

// 10.0.0.2 responds: to raw peers at 10.0.0.1, and to a host of its own kind at 10.0.0.3.
class TlsExchangeTest : public testing::Test {
  protected:
    TlsExchangeTest()
        : pki_({"a", "b"}),
          world_(1),
          responder_(add("b", "10.0.0.2", {"10.0.0.1", "10.0.0.3"})),
          initiator_(add("a", "10.0.0.3", {"10.0.0.2"})) {}

    std::shared_ptr<auth::Method> tls(const std::string& host) const {
        return auth::TlsMethod::make(pki_.settings(host), host).value();
    }
    Host& add(const std::string& name, const std::string& address, const std::vector<std::string>& remotes) {
        Wishes wishes{.auth = {policy::AuthMethod::kTls}, .local = address, .remote = remotes.front()};
        const auto policy = make_policy(wishes);
        auto& selectors = policy->rules.front().selectors;
        for (const std::string& remote : remotes) {
            const policy::Selector selector{.local = Prefix::host(*IpAddress::parse(address)),
                                            .remote = Prefix::host(*IpAddress::parse(remote))};
            if (selector != selectors.front()) selectors.push_back(selector);
        }
        return world_.add_host(name, address, policy, {tls(name)});
    }

    // #1 and #2; the payloads of #1 offer TLS alone.
    static void begin(RawPeer& peer) {
        auto payloads = peer.first_payloads();
        for (wire::Payload& payload : payloads) {
            if (auto* methods = std::get_if<wire::Auth>(&payload.body))
                methods->methods = {{wire::auth_method::kTls, 0}};
        }
        const auto replies = peer.send_clear(kMainMode, 0, 0, payloads);
        ASSERT_EQ(replies.size(), 1U);
        peer.responder_cookie = replies[0].header.responder_cookie;
    }
    static std::optional<wire::GssApi> gss_of(const std::vector<RawPeer::Reply>& replies) {
        if (replies.size() != 1) return std::nullopt;
        const auto* payload = wire::find<wire::GssApi>(replies[0].payloads);
        return payload == nullptr ? std::nullopt : std::optional(*payload);
    }

    void expect_clean_negotiation() {
        world_.swallow = nullptr;  // no raw peer is there any more
        EXPECT_EQ(responder_.keyer->limits().incomplete, 0U);
        world_.acquire(initiator_, kRule,
                       {.local = initiator_.address,
                        .remote = responder_.address,
                        .protocol = 6,
                        .local_port = 40000,
                        .remote_port = 80});
        world_.run(5s);
        EXPECT_EQ(initiator_.datapath.outbound.size(), 1U);
        EXPECT_EQ(responder_.datapath.outbound.size(), 1U);
    }

    test::Pki pki_;
    World world_;
    Host& responder_;
    Host& initiator_;
};

TEST_F(TlsExchangeTest, BothSidesGetTheSameKeys) { expect_clean_negotiation(); }

TEST_F(TlsExchangeTest, TokensThatAreNoTlsAreAnsweredThreeTimes) {
    const std::vector<Bytes> tokens{
        {}, Bytes(64, 0x60), Bytes(30000, 0x16), {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28}};
    std::uint64_t seed = 1;
    for (const Bytes& token : tokens) {
        RawPeer peer(world_, responder_, ++seed);
        begin(peer);
        std::uint32_t sequence = 1;
        std::uint8_t flags = flag::kNewGssExchange;
        for (; sequence <= authip::kMaxRetries; ++sequence) {
            const auto answer = gss_of(
                peer.send_clear(kMainMode, 0, sequence, {{wire::GssApi{.flags = flags, .token = token}}}));
            ASSERT_TRUE(answer) << sequence;
            EXPECT_NE(answer->status, 0U);
            EXPECT_EQ(answer->flags, flag::kRetryCurrentAuthentication);
            EXPECT_TRUE(answer->token.empty());
            flags = flag::kNewGssExchange | flag::kRetryCurrentAuthentication;
        }
        EXPECT_EQ(status_of(peer.send_clear(kMainMode, 0, sequence,
                                            {{wire::GssApi{.flags = flags, .token = token}}})),
                  kAuthFail);
    }
    expect_clean_negotiation();
}

TEST_F(TlsExchangeTest, AHandshakeThatNeverEndsIsThrottled) {
    RawPeer peer(world_, responder_, 1);
    begin(peer);
    const Bytes hello = tls("a")->initiate({})->step({}).token;
    std::uint8_t flags = flag::kNewGssExchange;
    std::uint32_t sequence = 1;
    for (; sequence <= authip::kMaxGssRoundTrips; ++sequence) {
        const auto answer = gss_of(peer.send_clear(
            kMainMode, 0, sequence, {{wire::GssApi{.flags = flags, .token = {hello.at(sequence - 1)}}}}));
        ASSERT_TRUE(answer) << sequence;
        EXPECT_EQ(answer->status, 0U);
        flags = 0;
    }
    EXPECT_EQ(status_of(peer.send_clear(kMainMode, 0, sequence,
                                        {{wire::GssApi{.flags = 0, .token = {hello.at(sequence - 1)}}}})),
              kAuthFail);
    expect_clean_negotiation();
}

}  // namespace
}  // namespace keyline::simulation
