// IKEv1's certificates: each kind of key signs and verifies, good certificates prove the names they have and
// no others, and each bad one is refused with its own reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "auth/sec_status.h"
#include "auth/x509_credentials.h"
#include "unit/auth/pki.h"

namespace keyline::auth {
namespace {

using testing::HasSubstr;

const std::string kA = "a.example.test";
const std::string kB = "b.example.test";
const Bytes kHash(32, 0x5A);

IkeId host_id(const std::string& name) { return {IkeIdType::kFqdn, {name.begin(), name.end()}}; }

class X509Test : public testing::Test {
  protected:
    static void SetUpTestSuite() { pki_ = std::make_unique<test::Pki>(std::vector{kA, kB}); }
    static void TearDownTestSuite() { pki_.reset(); }

    static policy::X509Certificate certificate(const std::string& host, const std::string& kind) {
        return {pki_->path(host + kind + ".pem"), pki_->path(host + ".key")};
    }
    // With a key of another kind, ".rsa" and others.
    static policy::X509Certificate with_key(const std::string& host, const std::string& kind) {
        return {pki_->path(host + kind + ".pem"), pki_->path(host + kind + ".key")};
    }
    static policy::X509Auth settings(policy::X509Certificate own) {
        return {
            .certificates = {std::move(own)}, .ca = {pki_->path("ca.pem")}, .crl = {pki_->path("crl.pem")}};
    }
    static std::shared_ptr<const X509Credentials> load(const policy::X509Auth& settings) {
        auto credentials = X509Credentials::load(settings);
        if (!credentials) throw std::runtime_error(credentials.error());
        return *credentials;
    }
    static std::expected<PeerCertificate, Failure> check(const policy::X509Certificate& shown,
                                                         const IkeId& id, const std::string& wanted = "") {
        const auto a = load(settings(certificate(kA, "")));
        const auto b = load(settings(shown));
        const OwnCertificate& own = b->own().front();
        std::vector<Bytes> sent{own.der()};
        sent.insert(sent.end(), own.chain().begin(), own.chain().end());
        return a->check(sent, id, wanted, KeyUse::kSignature);
    }
    static void expect_refusal(const std::expected<PeerCertificate, Failure>& result, SecStatus status,
                               const std::string& words) {
        ASSERT_FALSE(result);
        EXPECT_EQ(sec_status_name(static_cast<std::uint32_t>(result.error().status)),
                  sec_status_name(static_cast<std::uint32_t>(status)))
            << result.error().line;
        EXPECT_THAT(result.error().line, HasSubstr(words));
        EXPECT_THAT(result.error().line, testing::Not(HasSubstr("\n")));
    }

    static std::unique_ptr<test::Pki> pki_;
};
std::unique_ptr<test::Pki> X509Test::pki_;

TEST_F(X509Test, EveryKindOfKeySignsAndVerifies) {
    const auto a = load(settings(certificate(kA, "")));
    struct Case {
        policy::X509Certificate certificate;
        KeyKind kind;
        std::size_t octets;  // of a signature
    };
    for (const Case& expected :
         {Case{with_key(kB, ".rsa"), KeyKind::kRsa, 256}, Case{certificate(kB, ""), KeyKind::kEcdsa256, 64},
          Case{with_key(kB, ".p384"), KeyKind::kEcdsa384, 96},
          Case{with_key(kB, ".p521"), KeyKind::kEcdsa521, 132}}) {
        const auto b = load(settings(expected.certificate));
        const OwnCertificate& own = b->own().front();
        EXPECT_EQ(own.kind(), expected.kind);
        Bytes signature = own.sign(kHash);
        EXPECT_EQ(signature.size(), expected.octets);
        const auto peer = a->check({{own.der()}}, host_id(kB), "", KeyUse::kSignature);
        ASSERT_TRUE(peer) << peer.error().line;
        EXPECT_EQ(peer->kind(), expected.kind);
        EXPECT_TRUE(peer->verifies(kHash, signature));
        EXPECT_FALSE(peer->verifies(Bytes(32, 0x5B), signature));
        signature.back() ^= 1;
        EXPECT_FALSE(peer->verifies(kHash, signature));
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, expected.octets - 1, expected.octets + 1})
            EXPECT_FALSE(peer->verifies(kHash, Bytes(size, 0x11))) << size;
    }
}

TEST_F(X509Test, RsaEncryptsWhatItsOwnerDecrypts) {
    const auto a = load(settings(certificate(kA, "")));
    const auto b = load(settings(with_key(kB, ".rsa")));
    const OwnCertificate& own = b->own().front();
    const auto peer = a->check({{own.der()}}, host_id(kB), "", KeyUse::kEncryption);
    ASSERT_TRUE(peer) << peer.error().line;
    const auto ciphertext = peer->encrypt(kHash);
    ASSERT_TRUE(ciphertext);
    EXPECT_EQ(ciphertext->size(), 256U);
    const auto text = own.decrypt(*ciphertext);
    ASSERT_TRUE(text);
    EXPECT_TRUE(*text == Secret::copy_of(kHash));
    EXPECT_TRUE(peer->encrypt(Bytes(245)));
    EXPECT_FALSE(peer->encrypt(Bytes(246)));
    EXPECT_FALSE(own.decrypt(Bytes(256, 0x11)));
    EXPECT_FALSE(own.decrypt(Bytes(255, 0x11)));
    EXPECT_FALSE(own.decrypt({}));
}

TEST_F(X509Test, BadCertificatesAreRefusedWithTheirReason) {
    const IkeId id = host_id(kB);
    const auto refused = [&](const char* kind, SecStatus status, const char* words) {
        SCOPED_TRACE(kind);
        expect_refusal(check(certificate(kB, kind), id), status, words);
    };
    refused(".expired", SecStatus::kCertExpired, "certificate has expired");
    refused(".early", SecStatus::kCertExpired, "not yet valid");
    refused(".revoked", SecStatus::kRevoked, "revoked");
    refused(".stranger", SecStatus::kUntrustedRoot, "auth.x509.ca");
    refused(".mail", SecStatus::kCertWrongUsage, "extended key usage");
    refused(".elsewhere", SecStatus::kWrongPrincipal, "b.example.test, which is no name of its certificate");
    refused(".nameless", SecStatus::kWrongPrincipal, "which is no name of its certificate");
    expect_refusal(check(with_key(kB, ".weak"), id), SecStatus::kCertUnknown, "longer key");
}

TEST_F(X509Test, AChainAndEitherOrderAreTaken) {
    const auto a = load(settings(certificate(kA, "")));
    const auto b = load(settings(certificate(kB, ".chain")));
    const OwnCertificate& own = b->own().front();
    ASSERT_EQ(own.chain().size(), 1U);
    const std::vector<Bytes> sent{own.chain().front(), own.der()};
    const auto peer = a->check(sent, host_id(kB), "", KeyUse::kSignature);
    ASSERT_TRUE(peer) << peer.error().line;
    EXPECT_EQ(peer->der(), own.der());
    expect_refusal(a->check({{own.der()}}, host_id(kB), "", KeyUse::kSignature), SecStatus::kUntrustedRoot,
                   "issuer");
}

TEST_F(X509Test, GarbageIsNoCertificate) {
    const auto a = load(settings(certificate(kA, "")));
    Bytes longer = a->own().front().der();
    longer.push_back(0);
    for (const Bytes& garbage : {Bytes{}, Bytes{0x30}, Bytes(2000, 0x30), longer})
        expect_refusal(a->check({{garbage}}, host_id(kA), "", KeyUse::kSignature), SecStatus::kCertUnknown,
                       "cannot be read");
}

TEST_F(X509Test, ACertificateProvesTheNamesItHas) {
    const auto a = load(settings(certificate(kA, "")));
    const IkeId subject = a->own().front().id(*IpAddress::parse("10.0.0.1"));
    EXPECT_EQ(subject.type, IkeIdType::kDerAsn1Dn);
    EXPECT_EQ(to_string(subject), "CN=a.example.test,O=Keyline laboratory");
    EXPECT_TRUE(check(certificate(kA, ""), subject));
    EXPECT_TRUE(check(certificate(kA, ""), host_id("A.Example.Test")));
    for (const IkeId& other :
         {IkeId::of(*IpAddress::parse("10.0.0.1")), IkeId::of(*IpAddress::parse("::1")),
          host_id("example.test"), host_id(""), host_id(kA + std::string(1, '\0')),
          IkeId{IkeIdType::kUserFqdn, {'a', '@', 'b'}}, IkeId{IkeIdType::kDerAsn1Dn, {}},
          IkeId{IkeIdType::kDerAsn1Dn, {0x30, 0x00}}, IkeId{static_cast<IkeIdType>(11), subject.data}}) {
        expect_refusal(check(certificate(kA, ""), other), SecStatus::kWrongPrincipal,
                       "no name of its certificate");
    }
}

TEST_F(X509Test, PolicyMayWantAName) {
    const IkeId id = host_id(kB);
    EXPECT_TRUE(check(certificate(kB, ""), id, kB));
    EXPECT_TRUE(check(certificate(kB, ""), id, "CN=b.example.test,O=Keyline laboratory"));
    for (const char* wanted : {"c.example.test", "10.0.0.1", "b@example.test", "CN=b.example.test"})
        expect_refusal(check(certificate(kB, ""), id, wanted), SecStatus::kWrongPrincipal, "x509_name");
}

TEST_F(X509Test, OwnIdsAreAsConfigured) {
    policy::X509Certificate entry = certificate(kA, "");
    const IpAddress address = *IpAddress::parse("2001:db8::1");
    entry.id = policy::X509Id::kDnsName;
    EXPECT_EQ(to_string(load(settings(entry))->own().front().id(address)), kA);
    entry.id = policy::X509Id::kAddress;
    EXPECT_EQ(to_string(load(settings(entry))->own().front().id(address)), "2001:db8::1");
}

TEST_F(X509Test, PeersThatSendNothingAreKnownByFiles) {
    policy::X509Auth with_peers = settings(certificate(kA, ""));
    expect_refusal(load(with_peers)->check({}, host_id(kB), "", KeyUse::kSignature),
                   SecStatus::kNoCredentials, "auth.x509.peer_certificates is that of b.example.test");
    with_peers.peer_certificates = {pki_->path(kA + ".pem"), pki_->path(kB + ".pem"),
                                    pki_->path(kB + ".rsa.pem")};
    const auto credentials = load(with_peers);
    EXPECT_TRUE(credentials->check({}, host_id(kB), "", KeyUse::kSignature));
    const auto found = credentials->find(kB);
    ASSERT_TRUE(found) << found.error().line;
    EXPECT_EQ(found->kind(), KeyKind::kRsa);
    expect_refusal(credentials->find(kA), SecStatus::kNoCredentials, "that of a.example.test");
}

TEST_F(X509Test, TheCertificateOfARequestedAuthorityIsChosen) {
    policy::X509Auth several = settings(certificate(kA, ".stranger"));
    several.certificates.push_back(certificate(kA, ""));
    const auto credentials = load(several);
    EXPECT_EQ(credentials->choose(KeyKind::kEcdsa256, {}), &credentials->own()[0]);
    EXPECT_EQ(credentials->choose(KeyKind::kEcdsa256, credentials->authorities()), &credentials->own()[1]);
    const std::vector<Bytes> unknown{{0x30, 0x00}};
    EXPECT_EQ(credentials->choose(KeyKind::kEcdsa256, unknown), &credentials->own()[0]);
    EXPECT_EQ(credentials->choose(KeyKind::kRsa, {}), nullptr);
}

TEST_F(X509Test, FilesThatCannotBeUsedAreNamed) {
    const auto refusal = [](const policy::X509Auth& settings) {
        const auto credentials = X509Credentials::load(settings);
        return credentials ? "no refusal" : credentials.error();
    };
    policy::X509Auth wrong = settings(certificate(kA, ""));
    wrong.peer_certificates = {"/nonexistent/b.pem"};
    EXPECT_THAT(refusal(wrong), HasSubstr("auth.x509.peer_certificates /nonexistent/b.pem: No such file"));
    wrong = settings({pki_->path(kA + ".rsa.pem"), pki_->path(kA + ".key")});
    EXPECT_THAT(refusal(wrong), HasSubstr("is not the key of the certificate"));
    policy::X509Certificate nameless = certificate(kA, ".nameless");
    nameless.id = policy::X509Id::kDnsName;
    EXPECT_THAT(refusal(settings(nameless)), HasSubstr("names no host"));
}

}  // namespace
}  // namespace keyline::auth
