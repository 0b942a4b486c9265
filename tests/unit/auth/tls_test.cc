// TLS with real certificates, good and bad: both sides prove their names and share a secret, or the side that
// refuses says why.
#include "auth/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <stdexcept>

#include "auth/sec_status.h"
#include "unit/auth/pki.h"

namespace keyline::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kA = "a.example.test";
const std::string kB = "b.example.test";
constexpr std::uint32_t kAlice = 1001;

struct Outcome {
    StepResult initiator;  // its last step's
    StepResult acceptor;
    unsigned round_trips = 0;
};

// Runs both sides until one fails or both are complete.
Outcome authenticate(Context& initiator, Context& acceptor) {
    Outcome outcome{.initiator = initiator.step({}), .acceptor = {}};
    while (outcome.initiator.status == 0 && !outcome.initiator.complete && outcome.round_trips < 10) {
        ++outcome.round_trips;
        outcome.acceptor = acceptor.step({outcome.initiator.token});
        if (outcome.acceptor.status != 0) break;
        outcome.initiator = initiator.step({outcome.acceptor.token});
    }
    return outcome;
}

void expect_failure(const StepResult& result, SecStatus status, const std::vector<std::string>& words) {
    EXPECT_EQ(sec_status_name(result.status), sec_status_name(static_cast<std::uint32_t>(status)))
        << result.failure;
    for (const std::string& word : words)
        EXPECT_THAT(result.failure, HasSubstr(word));
    EXPECT_THAT(result.failure, testing::Not(HasSubstr("\n")));
    EXPECT_TRUE(result.token.empty());  // item 17
    EXPECT_TRUE(result.secret.empty());
}

class TlsTest : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        pki_ = std::make_unique<test::Pki>(std::vector{kA, kB}, std::vector<std::string>{"alice"});
    }
    static void TearDownTestSuite() { pki_.reset(); }

    static std::string path(const std::string& file) { return pki_->path(file); }
    static policy::TlsAuth settings(const std::string& host, const std::vector<std::string>& kinds = {""}) {
        return pki_->settings(host, kinds);
    }
    static std::shared_ptr<TlsMethod> make(const policy::TlsAuth& settings) {
        auto method = TlsMethod::make(settings, "host/machine");
        if (!method) throw std::runtime_error(method.error());
        return *method;
    }
    static std::shared_ptr<TlsMethod> method_of(const std::string& host,
                                                const std::vector<std::string>& kinds = {""}) {
        return make(settings(host, kinds));
    }
    static std::expected<std::shared_ptr<TlsMethod>, std::string> with_user(const std::string& kind) {
        return TlsMethod::make(settings(kA), "host/machine", {pki_->credentials("alice", kAlice, kind)});
    }
    static std::string refusal(const policy::TlsAuth& settings) {
        const auto method = TlsMethod::make(settings, "host/machine");
        return method ? "no refusal" : method.error();
    }
    static Outcome run(const std::string& a_kind, const std::string& b_kind) {
        return authenticate(*method_of(kA, {a_kind})->initiate({}), *method_of(kB, {b_kind})->accept({}));
    }
    static void expect_agreement(const Outcome& outcome, const std::string& initiator = kA,
                                 const std::string& acceptor = kB) {
        EXPECT_EQ(outcome.initiator.status, 0U) << outcome.initiator.failure;
        EXPECT_EQ(outcome.acceptor.status, 0U) << outcome.acceptor.failure;
        EXPECT_TRUE(outcome.initiator.complete && outcome.acceptor.complete);
        EXPECT_EQ(outcome.initiator.peer, acceptor);
        EXPECT_EQ(outcome.acceptor.peer, initiator);
        EXPECT_EQ(outcome.initiator.secret.size(), 48U);
        EXPECT_TRUE(outcome.initiator.secret == outcome.acceptor.secret);
    }

    static std::unique_ptr<test::Pki> pki_;
};
std::unique_ptr<test::Pki> TlsTest::pki_;

TEST_F(TlsTest, BothSidesProveTheirNamesInTwoRoundTrips) {
    const auto a = method_of(kA);
    const auto b = method_of(kB);
    EXPECT_EQ(a->local_name(), "host/a.example.test");
    EXPECT_FALSE(a->needs_dh());
    const Outcome one = authenticate(*a->initiate({}), *b->accept({}));
    expect_agreement(one);
    EXPECT_EQ(one.round_trips, 2U);
    EXPECT_TRUE(one.initiator.token.empty());
    const Outcome other = authenticate(*a->initiate({}), *b->accept({}));
    EXPECT_FALSE(one.initiator.secret == other.initiator.secret);
}

TEST_F(TlsTest, IntermediateAuthorityIsShownWithItsCertificate) { expect_agreement(run(".chain", ".chain")); }

// The certificate names the user; the responder's is checked against the name that policy wants.
TEST_F(TlsTest, UserAuthenticatesWithACertificateOfTheirOwn) {
    const auto b = method_of(kB);
    for (const auto& [kind, name] :
         {std::pair{"", "alice@keyline.example"}, std::pair{".mail", "alice@mail.keyline.example"},
          std::pair{".plain", "alice"}}) {
        const auto a = with_user(kind).value();
        const auto initiator =
            a->initiate_as({.uid = kAlice, .credentials = {}}, {.wanted = kB, .announced = {}});
        expect_agreement(authenticate(*initiator, *b->accept({.wanted = {}, .announced = {}, .user = true})),
                         name);
        const auto named = a->initiate_as({.uid = 0, .credentials = "alice"}, {});
        expect_agreement(authenticate(*named, *b->accept({.wanted = {}, .announced = {}, .user = true})),
                         name);
    }
}

TEST_F(TlsTest, UsersCertificateIsCheckedAsAHostsIs) {
    const auto b = method_of(kB);
    const auto run = [&](const std::string& kind) {
        const auto initiator = with_user(kind).value()->initiate_as({.uid = kAlice, .credentials = {}}, {});
        return authenticate(*initiator, *b->accept({.wanted = {}, .announced = {}, .user = true})).acceptor;
    };
    expect_failure(run(".revoked"), SecStatus::kRevoked, {"revoked"});
    expect_failure(run(".server"), SecStatus::kCertWrongUsage, {"extended key usage"});
    EXPECT_THAT(with_user(".nameless").error(),
                AllOf(HasSubstr("alice.nameless.pem"), HasSubstr("names nobody")));
}

TEST_F(TlsTest, NobodyElseHasTheUsersCertificate) {
    const auto a = with_user("").value();
    expect_failure(a->initiate_as({.uid = kAlice + 1, .credentials = {}}, {})->step({}),
                   SecStatus::kNoCredentials, {"uid 1002 has no credentials", "[[auth.credentials]]"});
    expect_failure(a->initiate_as({.uid = 0, .credentials = "bob"}, {})->step({}), SecStatus::kNoCredentials,
                   {"\"bob\""});
    // A host's certificate names no user, but for its common name; a user's no host.
    const auto initiator = a->initiate_as({.uid = kAlice, .credentials = {}}, {});
    expect_failure(authenticate(*initiator, *method_of(kB)->accept({.wanted = kA, .announced = {}})).acceptor,
                   SecStatus::kWrongPrincipal, {});
}

TEST_F(TlsTest, OneWayProvesTheResponderAlone) {
    policy::TlsAuth a = settings(kA, {});
    policy::TlsAuth b = settings(kB);
    a.mutual = b.mutual = false;
    EXPECT_EQ(make(a)->local_name(), "host/machine");
    expect_agreement(authenticate(*make(a)->initiate({}), *make(b)->accept({})), "");
}

TEST_F(TlsTest, BothSidesMustAgreeOnMutuality) {
    policy::TlsAuth one_way = settings(kA);
    one_way.mutual = false;
    const Outcome asked = authenticate(*make(one_way)->initiate({}), *method_of(kB)->accept({}));
    expect_failure(asked.acceptor, SecStatus::kMutualAuthFailed, {"auth.tls.mutual"});
    const Outcome not_asked = authenticate(*method_of(kB)->initiate({}), *make(one_way)->accept({}));
    expect_failure(not_asked.initiator, SecStatus::kMutualAuthFailed, {"auth.tls.mutual"});
}

struct Bad {
    const char* kind;
    SecStatus status;
    std::vector<std::string> words;
};

TEST_F(TlsTest, BadCertificatesAreRefusedByEitherSideWithTheReason) {
    const std::vector<Bad> all{
        {".expired", SecStatus::kCertExpired, {"expired", "new certificate"}},
        {".early", SecStatus::kCertExpired, {"not yet valid", "clock"}},
        {".revoked", SecStatus::kRevoked, {"revoked"}},
        {".stranger", SecStatus::kUntrustedRoot, {"CN=Other CA", "auth.tls.ca"}},
        {".mail", SecStatus::kCertWrongUsage, {"extended key usage"}},
    };
    for (const Bad& bad : all) {
        SCOPED_TRACE(bad.kind);
        expect_failure(run("", bad.kind).initiator, bad.status, bad.words);
        expect_failure(run(bad.kind, "").acceptor, bad.status, bad.words);
    }
}

TEST_F(TlsTest, PolicysNameMustBeTheCertificates) {
    const auto a = method_of(kA);
    const auto b = method_of(kB);
    expect_agreement(authenticate(*a->initiate({.wanted = "B.example.TEST"}), *b->accept({.wanted = kA})), kA,
                     "B.example.TEST");
    expect_failure(authenticate(*a->initiate({.wanted = kA}), *b->accept({})).initiator,
                   SecStatus::kWrongPrincipal, {kB, "tls_name"});
    expect_failure(authenticate(*a->initiate({}), *b->accept({.wanted = "c.example.test"})).acceptor,
                   SecStatus::kWrongPrincipal, {kA, "tls_name"});
    // What is announced is a hint, and proves nothing (M14).
    expect_agreement(authenticate(*a->initiate({.announced = "host/other"}), *b->accept({})));
}

TEST_F(TlsTest, RevocationNeedsACurrentCrl) {
    policy::TlsAuth a = settings(kA);
    a.crl = {path("old-crl.pem")};
    expect_failure(authenticate(*make(a)->initiate({}), *method_of(kB)->accept({})).initiator,
                   SecStatus::kRevocationOffline, {"CRL has expired", "auth.tls.crl"});
    a.crl = {};
    expect_agreement(authenticate(*make(a)->initiate({}), *method_of(kB, {".revoked"})->accept({})));
}

TEST_F(TlsTest, InitiatorTriesItsCertificatesInTurn) {
    const auto a = method_of(kA, {".expired", ".revoked", ""});
    const auto b = method_of(kB);
    auto initiator = a->initiate({});
    auto acceptor = b->accept({});
    for (int refused = 0; refused < 2; ++refused) {
        const Outcome outcome = authenticate(*initiator, *acceptor);
        EXPECT_NE(outcome.acceptor.status, 0U);
        EXPECT_TRUE(outcome.acceptor.retry);
        initiator = initiator->retry(Retry::kOwnCredential);
        acceptor = acceptor->retry(Retry::kPeerCredential);
        ASSERT_TRUE(initiator && acceptor);
    }
    expect_agreement(authenticate(*initiator, *acceptor));
    EXPECT_FALSE(initiator->retry(Retry::kOwnCredential));
}

TEST_F(TlsTest, InitiatorBeginsWithACertificateOfACaThatTheResponderNames) {
    expect_agreement(
        authenticate(*method_of(kA, {".stranger", ""})->initiate({}), *method_of(kB)->accept({})));
}

TEST_F(TlsTest, ResponderShowsItsCertificatesInTurn) {
    const auto a = method_of(kA);
    const auto b = method_of(kB, {".stranger", ""});
    const auto initiator = a->initiate({});
    const auto acceptor = b->accept({});
    EXPECT_NE(authenticate(*initiator, *acceptor).initiator.status, 0U);
    const auto again = initiator->retry(Retry::kPeerCredential);
    ASSERT_TRUE(again);
    expect_agreement(authenticate(*again, *acceptor->retry(Retry::kOwnCredential)));
}

TEST_F(TlsTest, InitiatorDoesNotRefuseTheSameCertificateForEver) {
    const auto b = method_of(kB, {".expired"});
    auto initiator = method_of(kA)->initiate({});
    auto acceptor = b->accept({});
    EXPECT_NE(authenticate(*initiator, *acceptor).initiator.status, 0U);
    initiator = initiator->retry(Retry::kPeerCredential);
    ASSERT_TRUE(initiator);
    EXPECT_NE(authenticate(*initiator, *acceptor->retry(Retry::kOwnCredential)).initiator.status, 0U);
    EXPECT_FALSE(initiator->retry(Retry::kPeerCredential));
}

TEST_F(TlsTest, ResponderWithoutCertificatesSaysSo) {
    policy::TlsAuth b = settings(kB, {});
    b.mutual = false;
    expect_failure(authenticate(*method_of(kA)->initiate({}), *make(b)->accept({})).acceptor,
                   SecStatus::kNoCredentials, {"auth.tls.certificate"});
}

TEST_F(TlsTest, TokensThatAreNoTlsAreRefused) {
    const auto b = method_of(kB);
    expect_failure(b->accept({})->step({}), SecStatus::kInvalidToken, {"empty"});
    EXPECT_NE(b->accept({})->step({Bytes(64, 0x60)}).status, 0U);
    EXPECT_NE(b->accept({})->step({Bytes(65000, 0x16)}).status, 0U);
    EXPECT_NE(method_of(kA)->initiate({})->step({Bytes(64, 0x60)}).status, 0U);

    const Bytes hello = method_of(kA)->initiate({})->step({}).token;
    for (std::size_t at = 0; at < hello.size(); at += 7) {
        Bytes altered = hello;
        altered[at] ^= 0xff;
        const StepResult result = b->accept({})->step({altered});
        EXPECT_FALSE(result.complete);
    }
    Bytes twice = hello;
    append(twice, hello);
    EXPECT_FALSE(b->accept({})->step({twice}).complete);
    expect_agreement(run("", ""));  // nothing is left of it
}

TEST_F(TlsTest, MessagesWithoutEndAreRefusedAtTheirBeginning) {
    // A handshake record with the first four octets of a ClientHello of 16 MiB (RFC 5246 6.2.1, 7.4).
    const Bytes endless{0x16, 0x03, 0x03, 0x00, 0x04, 0x01, 0xff, 0xff, 0xff};
    expect_failure(method_of(kB)->accept({})->step({endless}), SecStatus::kIllegalMessage, {"TLS"});
    const auto initiator = method_of(kA)->initiate({});
    initiator->step({});
    Bytes certificate = endless;
    certificate[5] = 0x0b;
    EXPECT_NE(initiator->step({certificate}).status, 0U);
}

TEST_F(TlsTest, AlteredAnswersAreRefused) {
    const auto a = method_of(kA);
    const auto b = method_of(kB);
    const auto probe = a->initiate({});
    const std::size_t size = b->accept({})->step({probe->step({}).token}).token.size();
    for (std::size_t at = 5; at < size; at += 31) {
        const auto initiator = a->initiate({});
        const auto acceptor = b->accept({});
        Bytes answer = acceptor->step({initiator->step({}).token}).token;
        if (at >= answer.size()) continue;
        answer[at] ^= 0x01;
        const StepResult result = initiator->step({answer});
        const bool noticed = result.status != 0 || acceptor->step({result.token}).status != 0;
        EXPECT_TRUE(noticed || result.token.empty()) << at;
    }
}

TEST_F(TlsTest, ATokenInPiecesIsPutTogether) {
    const auto initiator = method_of(kA)->initiate({});
    const auto acceptor = method_of(kB)->accept({});
    const Bytes hello = initiator->step({}).token;
    const auto middle = hello.begin() + static_cast<std::ptrdiff_t>(hello.size() / 2);
    const StepResult waiting = acceptor->step({Bytes(hello.begin(), middle)});
    EXPECT_TRUE(waiting.status == 0 && !waiting.complete && waiting.token.empty());
    EXPECT_FALSE(acceptor->step({Bytes(middle, hello.end())}).token.empty());
}

TEST_F(TlsTest, NothingFollowsTheEnd) {
    const auto initiator = method_of(kA)->initiate({});
    const auto acceptor = method_of(kB)->accept({});
    expect_agreement(authenticate(*initiator, *acceptor));
    expect_failure(acceptor->step({Bytes{1}}), SecStatus::kOutOfSequence, {});
    expect_failure(initiator->step({Bytes{1}}), SecStatus::kOutOfSequence, {});
}

TEST_F(TlsTest, SettingsThatCannotWorkAreNamed) {
    const auto with = [&](auto change) {
        policy::TlsAuth changed = settings(kA);
        change(changed);
        return refusal(changed);
    };
    EXPECT_THAT(with([](auto& tls) { tls.ca = {"/nonexistent/ca.pem"}; }),
                AllOf(HasSubstr("auth.tls.ca"), HasSubstr("/nonexistent/ca.pem"), HasSubstr("No such file")));
    EXPECT_THAT(with([](auto& tls) { tls.crl = {path("ca.pem")}; }), HasSubstr("holds no CRL"));
    EXPECT_THAT(with([](auto& tls) { tls.certificates[0].file = path("crl.pem"); }),
                HasSubstr("holds no certificate"));
    EXPECT_THAT(with([](auto& tls) { tls.certificates[0].key = path("b.example.test.key"); }),
                HasSubstr("is not the key of"));
    EXPECT_THAT(with([](auto& tls) { tls.certificates[0].key = path("ca.pem"); }),
                HasSubstr("holds no private key"));
    EXPECT_THAT(refusal(settings(kA, {".nameless"})), HasSubstr("subjectAltName"));
    std::ofstream(path("damaged.pem")) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    EXPECT_THAT(with([](auto& tls) { tls.ca = {path("damaged.pem")}; }), HasSubstr("damaged"));
}

}  // namespace
}  // namespace keyline::auth
