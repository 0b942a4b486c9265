// The messages of public key encryption and of its revision, decrypted and checked field by field as RFC 2409
// 5.2 and 5.3 have them: with OpenSSL and the hosts' private keys, and with nothing of userspace/ikev1.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <map>

#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "simulation/x509_pair.h"

namespace keyline::simulation {
namespace {

constexpr auto kHash = crypto::HashAlgorithm::kSha256;
constexpr auto kCipher = crypto::CipherAlgorithm::kAes256Cbc;
constexpr std::size_t kBlock = 16;
constexpr std::size_t kIsakmpHeader = 28;

// RFC 2408 3.1.
enum PayloadType : std::uint8_t {
    kSa = 1,
    kKe = 4,
    kId = 5,
    kCert = 6,
    kHashPayload = 8,
    kNonce = 10,
    kNotify = 11
};

struct RawPayload {
    std::uint8_t type = 0;
    Bytes body;
};

std::vector<RawPayload> split(std::uint8_t type, ByteView octets) {
    std::vector<RawPayload> payloads;
    while (type != 0 && octets.size() >= 4) {
        const std::size_t length = load_be16(octets.data() + 2);
        payloads.push_back(
            {type, {octets.begin() + 4, octets.begin() + static_cast<std::ptrdiff_t>(length)}});
        type = octets[0];
        octets = octets.subspan(length);
    }
    return payloads;
}

std::vector<std::uint8_t> types(const std::vector<RawPayload>& payloads) {
    std::vector<std::uint8_t> found;
    for (const RawPayload& payload : payloads)
        found.push_back(payload.type);
    return found;
}

const Bytes& body(const std::vector<RawPayload>& payloads, std::uint8_t type) {
    for (const RawPayload& payload : payloads) {
        if (payload.type == type) return payload.body;
    }
    static const Bytes kNone;
    return kNone;
}

Bytes rsa_decrypt(const std::string& key_file, const Bytes& ciphertext) {
    BIO* const bio = BIO_new_file(key_file.c_str(), "r");
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(key, nullptr);
    Bytes text(512);
    std::size_t size = text.size();
    EVP_PKEY_decrypt_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    const int done = EVP_PKEY_decrypt(context, text.data(), &size, ciphertext.data(), ciphertext.size());
    text.resize(done == 1 ? size : 0);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return text;
}

struct PublishedCertificate {
    Bytes der;
    Bytes subject;
};

PublishedCertificate read_certificate(const std::string& file) {
    BIO* const bio = BIO_new_file(file.c_str(), "r");
    X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    PublishedCertificate result;
    result.der.resize(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
    unsigned char* at = result.der.data();
    i2d_X509(certificate, &at);
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    result.subject.resize(static_cast<std::size_t>(i2d_X509_NAME(subject, nullptr)));
    at = result.subject.data();
    i2d_X509_NAME(subject, &at);
    X509_free(certificate);
    BIO_free(bio);
    return result;
}

// IDii_b or IDir_b: a distinguished name, of any protocol and port.
Bytes id_body(const PublishedCertificate& certificate) {
    Bytes id{9, 0, 0, 0};
    append(id, certificate.subject);
    return id;
}

// RFC 2409 appendix A: attributes of a transform, all of them of the short form here (RFC 2408 3.3).
enum Attribute : std::uint16_t {
    kEncryption = 1,
    kHashAttribute = 2,
    kAuthentication = 3,
    kGroup = 4,
    kLifeType = 11,
    kLifeDuration = 12,
    kKeyLength = 14
};

std::map<std::uint16_t, std::uint16_t> attributes(ByteView octets) {
    std::map<std::uint16_t, std::uint16_t> found;
    for (; octets.size() >= 4; octets = octets.subspan(4)) {
        EXPECT_TRUE(octets[0] & 0x80);
        found[load_be16(octets.data()) & 0x7FFF] = load_be16(octets.data() + 2);
    }
    return found;
}

// Of an SA payload with one proposal, of ISAKMP itself (RFC 2408 3.4 to 3.6, RFC 2407 4.6.1).
std::vector<RawPayload> transforms(const Bytes& sa) {
    const Bytes doi_and_situation(sa.begin(), sa.begin() + 8);
    EXPECT_EQ(doi_and_situation, (Bytes{0, 0, 0, 1, 0, 0, 0, 1}));
    constexpr std::uint8_t kProposal = 2;
    constexpr std::uint8_t kTransform = 3;
    const auto proposals = split(kProposal, ByteView(sa).subspan(8));
    EXPECT_EQ(types(proposals), std::vector<std::uint8_t>{kProposal});
    const Bytes& proposal = proposals.front().body;
    auto found = split(kTransform, ByteView(proposal).subspan(4));
    EXPECT_EQ(Bytes(proposal.begin() + 1, proposal.begin() + 4),
              (Bytes{1, 0, static_cast<std::uint8_t>(found.size())}));  // PROTO_ISAKMP without an SPI
    return found;
}

Bytes last_block(ByteView octets) { return {octets.end() - kBlock, octets.end()}; }

class PublicKeyMessagesTest : public testing::Test {
  protected:
    void negotiate(policy::AuthMethod method) {
        PairWishes wishes = x509_wishes(method, x509_settings(pki_, kHostA, kHostB, ".rsa"),
                                        x509_settings(pki_, kHostB, kHostA, ".rsa"));
        wishes.a.key_export = "/nowhere";
        Pair pair(wishes);
        pair.world.tap = [&](const exchange::Send& message) {
            constexpr std::size_t kExchangeType = 18;
            if (message.data.at(kExchangeType) == 2) messages_.push_back(message.data);
        };
        pair.acquire_at_a();
        pair.world.run(5s);
        ASSERT_EQ(messages_.size(), 6U);
        ASSERT_EQ(pair.a.exported.size(), 1U);
        message_key_ = pair.a.exported.front().encryption_key.clone();
        pair.check_rest();
        check_headers();
        check_choice(method == policy::AuthMethod::kPublicKey ? 4 : 5);
    }

    ByteView cookies() const { return ByteView(messages_[2]).first(16); }
    ByteView initiator_cookie() const { return cookies().first(8); }
    ByteView responder_cookie() const { return cookies().subspan(8); }
    std::vector<RawPayload> clear(std::size_t number) const {
        const Bytes& message = messages_[number - 1];
        return split(message[16], ByteView(message).subspan(kIsakmpHeader));
    }
    std::vector<RawPayload> sealed(std::size_t number, const Bytes& iv) const {
        const Bytes& message = messages_[number - 1];
        const auto text =
            crypto::decrypt(kCipher, message_key_.view(), iv, ByteView(message).subspan(kIsakmpHeader));
        auto payloads = split(message[16], *text);
        // Appendix B: octets of zero up to the next block.
        std::size_t used = 0;
        for (const RawPayload& payload : payloads)
            used += 4 + payload.body.size();
        EXPECT_LT(text->size() - used, kBlock);
        EXPECT_TRUE(std::ranges::all_of(ByteView(*text).subspan(used),
                                        [](std::uint8_t octet) { return octet == 0; }));
        return payloads;
    }
    std::string key_of(const std::string& host) const { return pki_.path(host + ".rsa.key"); }
    PublishedCertificate certificate_of(const std::string& host) const {
        return read_certificate(pki_.path(host + ".rsa.pem"));
    }

    // RFC 2408 3.1: only the first message lacks the responder's cookie, only the last two are encrypted.
    void check_headers() const {
        for (std::size_t number = 1; number <= 6; ++number) {
            const Bytes& message = messages_[number - 1];
            const ByteView header = ByteView(message).first(kIsakmpHeader);
            EXPECT_TRUE(std::ranges::equal(header.first(8), initiator_cookie()));
            const Bytes none(8);
            EXPECT_TRUE(std::ranges::equal(header.subspan(8, 8), number == 1 ? none : responder_cookie()));
            EXPECT_EQ(header[17], 0x10);                 // version 1.0
            EXPECT_EQ(header[18], 2);                    // Identity Protection
            EXPECT_EQ(header[19], number >= 5 ? 1 : 0);  // the Encryption bit alone
            EXPECT_EQ(load_be32(header.data() + 20), 0U);
            EXPECT_EQ(load_be32(header.data() + 24), message.size());
        }
    }

    // 5, appendix A: the responder returns one of the initiator's transforms as it is, and that has the
    // method.
    void check_choice(std::uint16_t method) const {
        const auto offered = transforms(body(clear(1), kSa));
        const auto chosen = transforms(body(clear(2), kSa));
        ASSERT_EQ(chosen.size(), 1U);
        EXPECT_TRUE(std::ranges::any_of(
            offered, [&](const RawPayload& transform) { return transform.body == chosen.front().body; }));
        const ByteView transform = chosen.front().body;
        EXPECT_EQ(transform[1], 1);  // KEY_IKE
        auto found = attributes(transform.subspan(4));
        EXPECT_EQ(found[kEncryption], 7);  // AES-CBC
        EXPECT_EQ(found[kKeyLength], 256);
        EXPECT_EQ(found[kHashAttribute], 4);  // SHA2-256
        EXPECT_EQ(found[kAuthentication], method);
        EXPECT_EQ(found[kGroup], 19);    // of a random elliptic curve with 256 bits
        EXPECT_EQ(found[kLifeType], 1);  // seconds
        EXPECT_GT(found[kLifeDuration], 0);
    }

    // 5: SKEYID, HASH_I and HASH_R, for public values and nonces in clear.
    void check_proofs(const Bytes& gxi, const Bytes& gxr, const Bytes& ni, const Bytes& nr) {
        EXPECT_EQ(gxi.size(), 64U);
        EXPECT_EQ(gxr.size(), 64U);
        EXPECT_EQ(ni.size(), 32U);
        EXPECT_EQ(nr.size(), 32U);
        const Bytes skeyid = crypto::hmac(kHash, crypto::hash(kHash, {ni, nr}), {cookies()});
        const Bytes offer = body(clear(1), kSa);
        Bytes iv = crypto::hash(kHash, {gxi, gxr});
        iv.resize(kBlock);
        const auto fifth = sealed(5, iv);
        EXPECT_EQ(types(fifth), (std::vector<std::uint8_t>{kHashPayload, kNotify}));
        EXPECT_EQ(body(fifth, kHashPayload),
                  crypto::hmac(kHash, skeyid, {gxi, gxr, cookies(), offer, id_body(certificate_of(kHostA))}));
        const auto sixth = sealed(6, last_block(messages_[4]));
        EXPECT_EQ(types(sixth), (std::vector<std::uint8_t>{kHashPayload, kNotify}));
        EXPECT_EQ(body(sixth, kHashPayload), crypto::hmac(kHash, skeyid,
                                                          {gxr, gxi, responder_cookie(), initiator_cookie(),
                                                           offer, id_body(certificate_of(kHostB))}));
    }

    const test::Pki pki_{{kHostA, kHostB}};
    std::vector<Bytes> messages_;
    Secret message_key_;
};

TEST_F(PublicKeyMessagesTest, PublicKeyEncryption) {
    ASSERT_NO_FATAL_FAILURE(negotiate(policy::AuthMethod::kPublicKey));
    constexpr std::uint8_t kNatDiscovery = 20;
    const auto third = clear(3);
    EXPECT_EQ(types(third),
              (std::vector<std::uint8_t>{kKe, kHashPayload, kId, kNonce, kNatDiscovery, kNatDiscovery}));
    EXPECT_EQ(body(third, kHashPayload), crypto::hash(kHash, {certificate_of(kHostB).der}));
    EXPECT_EQ(rsa_decrypt(key_of(kHostB), body(third, kId)), id_body(certificate_of(kHostA)));
    const auto fourth = clear(4);
    EXPECT_EQ(types(fourth), (std::vector<std::uint8_t>{kKe, kId, kNonce, kNatDiscovery, kNatDiscovery}));
    EXPECT_EQ(rsa_decrypt(key_of(kHostA), body(fourth, kId)), id_body(certificate_of(kHostB)));
    check_proofs(body(third, kKe), body(fourth, kKe), rsa_decrypt(key_of(kHostB), body(third, kNonce)),
                 rsa_decrypt(key_of(kHostA), body(fourth, kNonce)));
}

// Payloads that one key hides in turn: the first IV is zero, the next ones are the last block before.
class Chain {
  public:
    Chain(const Bytes& nonce, ByteView cookie) : key_(crypto::hmac(kHash, nonce, {cookie})) {}
    Bytes open(const Bytes& sealed) {
        Bytes text = *crypto::decrypt(kCipher, key_, iv_, sealed);
        iv_ = last_block(sealed);
        // Zeros and then how many they are; there is always that octet.
        const std::size_t zeros = text.back();
        EXPECT_LT(zeros, kBlock);
        const Bytes padding(text.end() - 1 - static_cast<std::ptrdiff_t>(zeros), text.end() - 1);
        EXPECT_EQ(padding, Bytes(zeros));
        text.resize(text.size() - 1 - zeros);
        return text;
    }

  private:
    Bytes key_;  // 256 bits: what the prf with SHA-256 gives
    Bytes iv_ = Bytes(kBlock);
};

TEST_F(PublicKeyMessagesTest, RevisedPublicKeyEncryption) {
    ASSERT_NO_FATAL_FAILURE(negotiate(policy::AuthMethod::kRevisedPublicKey));
    constexpr std::uint8_t kNatDiscovery = 20;
    const auto third = clear(3);
    EXPECT_EQ(types(third), (std::vector<std::uint8_t>{kHashPayload, kNonce, kKe, kId, kCert, kNatDiscovery,
                                                       kNatDiscovery}));
    EXPECT_EQ(body(third, kHashPayload), crypto::hash(kHash, {certificate_of(kHostB).der}));
    const Bytes ni = rsa_decrypt(key_of(kHostB), body(third, kNonce));
    Chain of_initiator(ni, initiator_cookie());
    const Bytes gxi = of_initiator.open(body(third, kKe));
    EXPECT_EQ(of_initiator.open(body(third, kId)), id_body(certificate_of(kHostA)));
    Bytes certificate{5};  // X.509 Certificate - Key Exchange
    append(certificate, certificate_of(kHostA).der);
    EXPECT_EQ(of_initiator.open(body(third, kCert)), certificate);

    const auto fourth = clear(4);
    EXPECT_EQ(types(fourth), (std::vector<std::uint8_t>{kNonce, kKe, kId, kNatDiscovery, kNatDiscovery}));
    const Bytes nr = rsa_decrypt(key_of(kHostA), body(fourth, kNonce));
    Chain of_responder(nr, responder_cookie());
    const Bytes gxr = of_responder.open(body(fourth, kKe));
    EXPECT_EQ(of_responder.open(body(fourth, kId)), id_body(certificate_of(kHostB)));
    check_proofs(gxi, gxr, ni, nr);
}

}  // namespace
}  // namespace keyline::simulation
