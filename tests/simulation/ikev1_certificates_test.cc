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

    static void expect_established(Pair& pair) {
        for (const Host* host : {&pair.a, &pair.b}) {
            const auto established = reports<exchange::MmEstablished>(*host);
            ASSERT_EQ(established.size(), 1U);
            EXPECT_THAT(established.front().peer, HasSubstr(host == &pair.a ? kHostB : kHostA));
            EXPECT_EQ(host->datapath.outbound.size(), 1U);
        }
        pair.check_rest();
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

TEST_F(Ikev1CertificatesTest, KeysOfAnotherKindAreNoCommonMethod) {
    Pair pair(x509_wishes(AuthMethod::kSignature, a(".rsa"), b("")));
    expect_refused(pair, pair.b, Reason::kNoMmProposal, "no main mode proposal");
}

}  // namespace
}  // namespace keyline::simulation
