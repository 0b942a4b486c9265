// IKEv1's methods with certificates on a clean network: what is sent, who is proved, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/reports.h"
#include "simulation/x509_pair.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using policy::AuthMethod;
using testing::ElementsAre;
using testing::HasSubstr;

class Ikev1CertificatesTest : public testing::Test {
  protected:
    static void SetUpTestSuite() { pki_ = std::make_unique<test::Pki>(std::vector{kHostA, kHostB}); }
    static void TearDownTestSuite() { pki_.reset(); }

    static policy::X509Auth a(const std::string& kind) { return x509_settings(*pki_, kHostA, kHostB, kind); }
    static policy::X509Auth b(const std::string& kind) { return x509_settings(*pki_, kHostB, kHostA, kind); }

    // A bad certificate of `host` goes before those of `settings`.
    static policy::X509Auth after(const std::string& bad, policy::X509Auth settings,
                                  const std::string& host) {
        settings.certificates.insert(settings.certificates.begin(),
                                     {pki_->path(host + bad + ".pem"), pki_->path(host + ".key")});
        return settings;
    }
    static void expect_established(Pair& pair) {
        for (const Host* host : {&pair.a, &pair.b}) {
            const auto established = reports<exchange::MmEstablished>(*host);
            ASSERT_EQ(established.size(), 1U);
            EXPECT_THAT(established.front().peer, HasSubstr(host == &pair.a ? kHostB : kHostA));
            EXPECT_EQ(host->datapath.outbound.size(), 1U);
        }
        pair.check_rest();
    }
    // Of the one main mode that is left.
    static std::size_t failed_methods(const Host& host) {
        const auto main_modes = host.keyer->main_modes(Instant::max());
        return main_modes.size() == 1 ? main_modes.front().failed_methods.size() : 0;
    }
    static std::vector<std::string> main_mode(const Pair& pair) {
        auto payloads = pair.sent_payloads();
        payloads.resize(std::min<std::size_t>(payloads.size(), 6));
        return payloads;
    }
    // Both are told: the one finds it, the other gets its notify.
    static void expect_refused(Pair& pair, const Host& by, Reason reason, const std::string& words) {
        pair.acquire_at_a();
        pair.world.run(10s);
        const auto failures = reports<exchange::NegotiationFailed>(by);
        ASSERT_FALSE(failures.empty());
        EXPECT_EQ(failures.front().reason, reason);
        EXPECT_THAT(failures.front().text, HasSubstr(words));
        const Host& other = &by == &pair.a ? pair.b : pair.a;
        EXPECT_GE(other.keyer->counters()[Reason::kRefusedByPeer], &by == &pair.b ? 1U : 0U);
        EXPECT_TRUE(pair.a.datapath.outbound.empty());
        EXPECT_TRUE(pair.b.datapath.outbound.empty());
    }

    static std::unique_ptr<test::Pki> pki_;
};
std::unique_ptr<test::Pki> Ikev1CertificatesTest::pki_;

TEST_F(Ikev1CertificatesTest, SignaturesOfEveryKind) {
    for (const char* kind : {".rsa", "", ".p384", ".p521"}) {
        SCOPED_TRACE(kind);
        Pair pair(x509_wishes(AuthMethod::kSignature, a(kind), b(kind)));
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_THAT(main_mode(pair),
                    ElementsAre("#1 SA, VID ×5", "#2 SA, VID ×5", "#3 KE, Ni, NATD ×2",
                                "#4 KE, Nr, CR, NATD ×2", "#5* IDii, CERT, SIG_I, CR, N(INITIAL-CONTACT)",
                                "#6* IDir, CERT, SIG_R, N(INITIAL-CONTACT)"));
        expect_established(pair);
    }
}

// Nobody authenticates a message 4: here somebody takes the request out of it.
TEST_F(Ikev1CertificatesTest, ACertificateThatIsNotRequestedMayStayAtHome) {
    policy::X509Auth settings = a(".rsa");
    settings.send_unasked = false;
    Pair pair(x509_wishes(AuthMethod::kSignature, settings, b(".rsa")));
    bool done = false;
    pair.world.swallow = [&](const exchange::Send& message) {
        const auto header = wire::parse_header(message.data);
        auto payloads = wire::parse_payloads(ByteView(message.data).subspan(wire::kHeaderSize),
                                             header->next_payload, wire::Dialect::kIkev1);
        if (done || header->encrypted() || !payloads) return false;
        const auto removed = std::erase_if(*payloads, [](const wire::Payload& payload) {
            return payload.type() == wire::PayloadType::kCertificateRequest;
        });
        if (removed == 0) return false;
        done = true;
        pair.world.deliver(message.local, message.remote, *wire::build_plain_message(*header, *payloads));
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(done);
    EXPECT_EQ(main_mode(pair).at(4), "#5* IDii, SIG_I, CR, N(INITIAL-CONTACT)");
    expect_established(pair);
}

TEST_F(Ikev1CertificatesTest, PublicKeyEncryption) {
    Pair pair(x509_wishes(AuthMethod::kPublicKey, a(".rsa"), b(".rsa")));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_THAT(main_mode(pair),
                ElementsAre("#1 SA, VID ×5", "#2 SA, VID ×5", "#3 KE, HASH_I, IDii, Ni, NATD ×2",
                            "#4 KE, IDir, Nr, NATD ×2", "#5* HASH_I, N(INITIAL-CONTACT)",
                            "#6* HASH_R, N(INITIAL-CONTACT)"));
    expect_established(pair);
}

TEST_F(Ikev1CertificatesTest, RevisedPublicKeyEncryption) {
    // A responder need not know the initiator's certificate: it comes along.
    policy::X509Auth without = b(".rsa");
    without.peer_certificates.clear();
    Pair pair(x509_wishes(AuthMethod::kRevisedPublicKey, a(".rsa"), without));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_THAT(main_mode(pair),
                ElementsAre("#1 SA, VID ×5", "#2 SA, VID ×5", "#3 HASH_I, Ni, KE, IDii, CERT, NATD ×2",
                            "#4 Nr, KE, IDir, NATD ×2", "#5* HASH_I, N(INITIAL-CONTACT)",
                            "#6* HASH_R, N(INITIAL-CONTACT)"));
    expect_established(pair);
}

// The hash payload of message 3 says which of several.
TEST_F(Ikev1CertificatesTest, TheCertificateThatWasEncryptedForIsUsed) {
    for (const AuthMethod method : {AuthMethod::kPublicKey, AuthMethod::kRevisedPublicKey}) {
        policy::X509Auth several = b(".rsa");
        const test::Pki other({kHostB});
        several.certificates.insert(several.certificates.begin(),
                                    {other.path(kHostB + ".rsa.pem"), other.path(kHostB + ".rsa.key")});
        Pair pair(x509_wishes(method, a(".rsa"), several));
        pair.acquire_at_a();
        pair.world.run(5s);
        expect_established(pair);
    }
}

TEST_F(Ikev1CertificatesTest, APeerWithAnotherKeyCannotReadWhatIsEncryptedForIt) {
    for (const AuthMethod method : {AuthMethod::kPublicKey, AuthMethod::kRevisedPublicKey}) {
        const test::Pki other({kHostB});
        policy::X509Auth impostor = b(".rsa");
        impostor.certificates = {{other.path(kHostB + ".rsa.pem"), other.path(kHostB + ".rsa.key")}};
        Pair pair(x509_wishes(method, a(".rsa"), impostor));
        expect_refused(pair, pair.b, Reason::kBadCertificate, "a certificate that this host does not have");
    }
}

TEST_F(Ikev1CertificatesTest, APeerWhoseCertificateIsNotKnownIsNotTried) {
    policy::X509Auth without = a(".rsa");
    without.peer_certificates.clear();
    Pair pair(x509_wishes(AuthMethod::kPublicKey, without, b(".rsa")));
    expect_refused(pair, pair.a, Reason::kBadCertificate,
                   "auth.x509.peer_certificates is that of b.example.test");
}

TEST_F(Ikev1CertificatesTest, AnotherNameThanPolicyWantsIsRefused) {
    PairWishes wishes = x509_wishes(AuthMethod::kPublicKey, a(".rsa"), b(".rsa"));
    wishes.b.remote_x509_name = "c.example.test";
    Pair pair(wishes);
    expect_refused(pair, pair.b, Reason::kBadCertificate, "policy wants c.example.test");
}

TEST_F(Ikev1CertificatesTest, AnInitiatorsBadCertificateIsRefusedAndItLearnsSo) {
    policy::X509Auth expired = a("");
    expired.certificates.front().file = pki_->path(kHostA + ".expired.pem");
    Pair pair(x509_wishes(AuthMethod::kSignature, expired, b("")));
    expect_refused(pair, pair.b, Reason::kBadCertificate, "certificate has expired");
    EXPECT_THAT(reports<exchange::NegotiationFailed>(pair.a).front().text, HasSubstr("INVALID-CERTIFICATE"));
}

TEST_F(Ikev1CertificatesTest, AResponderLearnsThatItsCertificateIsRefused) {
    policy::X509Auth revoked = b("");
    revoked.certificates.front().file = pki_->path(kHostB + ".revoked.pem");
    Pair pair(x509_wishes(AuthMethod::kSignature, a(""), revoked));
    expect_refused(pair, pair.a, Reason::kBadCertificate, "certificate revoked");
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
}

TEST_F(Ikev1CertificatesTest, AnInitiatorGoesThroughItsCertificates) {
    for (const bool both_protocols : {false, true}) {
        PairWishes wishes = x509_wishes(AuthMethod::kSignature,
                                        after(".expired", after(".revoked", a(""), kHostA), kHostA), b(""));
        if (both_protocols) {
            wishes.a.protocols = {policy::Protocol::kAuthip, policy::Protocol::kIkev1};
            wishes.a.auth.push_back(AuthMethod::kKerberos);
            wishes.a.dh_groups.push_back(policy::DhGroup::kNone);
        }
        Pair pair(wishes);
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_EQ(pair.a.keyer->counters()[Reason::kRefusedByPeer], 2U);
        EXPECT_EQ(pair.b.keyer->counters()[Reason::kBadCertificate], 2U);
        EXPECT_EQ(failed_methods(pair.a), 2U);
        EXPECT_EQ(pair.a.failed_acquires, 0U);
        expect_established(pair);
    }
}

TEST_F(Ikev1CertificatesTest, AResponderShowsAnotherCertificateNextTime) {
    Pair pair(x509_wishes(AuthMethod::kSignature, a(""), after(".revoked", b(""), kHostB)));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kBadCertificate], 1U);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kRefusedByPeer], 1U);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.world.run(60s);
    EXPECT_EQ(pair.b.keyer->main_modes(pair.world.now()).size(), 1U);
    pair.check_rest();
}

TEST_F(Ikev1CertificatesTest, ADeletionWithoutAWordIsARefusalToo) {
    Pair pair(x509_wishes(AuthMethod::kSignature, a(""), after(".revoked", b(""), kHostB)));
    bool lost = false;
    pair.world.swallow = [&](const exchange::Send& message) {
        const auto header = wire::parse_header(message.data);
        if (lost || header->exchange_type != wire::ExchangeType::kInformational) return false;
        lost = true;
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(lost);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kRefusedByPeer], 0U);
    EXPECT_EQ(
        reports<exchange::MmDeleted>(pair.b).front().reason,
        "deleted by the peer before any use: its log may say whether it refuses this host's certificate");
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST_F(Ikev1CertificatesTest, AfterTheLastCertificateComesTheNextMethod) {
    PairWishes wishes = x509_wishes(AuthMethod::kSignature, after(".expired", a(""), kHostA), b(""));
    wishes.a.auth.push_back(AuthMethod::kPreSharedKey);
    wishes.b.auth.push_back(AuthMethod::kPreSharedKey);
    wishes.b.remote_x509_name = "c.example.test";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kBadCertificate], 2U);
    ASSERT_EQ(established(pair.a), 1U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).front().method, auth::MethodId::kPreSharedKey);
    pair.check_rest();
}

TEST_F(Ikev1CertificatesTest, AMethodIsGivenUpWhenThePeerHasNothingElseToShow) {
    policy::X509Auth revoked = b("");
    revoked.certificates.front().file = pki_->path(kHostB + ".revoked.pem");
    PairWishes wishes = x509_wishes(AuthMethod::kSignature, a(""), revoked);
    wishes.a.auth.push_back(AuthMethod::kPreSharedKey);
    wishes.b.auth.push_back(AuthMethod::kPreSharedKey);
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kBadCertificate], 2U);
    ASSERT_EQ(established(pair.a), 1U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).front().method, auth::MethodId::kPreSharedKey);
}

// A peer that does not share it cannot say so.
TEST_F(Ikev1CertificatesTest, AfterAWrongPreSharedKeyComesTheNextMethod) {
    PairWishes wishes = x509_wishes(AuthMethod::kPreSharedKey, a(""), b(""));
    wishes.a.auth.push_back(AuthMethod::kSignature);
    wishes.b.auth.push_back(AuthMethod::kSignature);
    wishes.b_keys = "10.0.0.0/8 another secret";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(120s);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kTimeout], 1U);
    expect_established(pair);
}

TEST_F(Ikev1CertificatesTest, PublicKeyEncryptionGoesThroughCertificatesToo) {
    const test::Pki other({kHostA});
    policy::X509Auth several = a(".rsa");
    several.certificates.insert(several.certificates.begin(),
                                {other.path(kHostA + ".rsa.pem"), other.path(kHostA + ".rsa.key")});
    for (const AuthMethod method : {AuthMethod::kPublicKey, AuthMethod::kRevisedPublicKey}) {
        Pair pair(x509_wishes(method, several, b(".rsa")));
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_EQ(failed_methods(pair.a), 1U);
        EXPECT_EQ(established(pair.a), 1U);
        EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
        EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    }
}

TEST_F(Ikev1CertificatesTest, NothingIsTriedTwice) {
    policy::X509Auth bad = after(".expired", a(""), kHostA);
    bad.certificates.back().file = pki_->path(kHostA + ".revoked.pem");
    Pair pair(x509_wishes(AuthMethod::kSignature, bad, b("")));
    expect_refused(pair, pair.b, Reason::kBadCertificate, "certificate");
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kBadCertificate], 2U);
    EXPECT_EQ(pair.a.failed_acquires, 1U);
    pair.check_rest();
}

TEST_F(Ikev1CertificatesTest, KeysOfAnotherKindAreNoCommonMethod) {
    Pair pair(x509_wishes(AuthMethod::kSignature, a(".rsa"), b("")));
    expect_refused(pair, pair.b, Reason::kNoMmProposal, "no main mode proposal");
}

}  // namespace
}  // namespace keyline::simulation
