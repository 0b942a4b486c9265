// The messages of public key encryption and of its revision, decrypted and checked field by field as RFC 2409
// 5.2 and 5.3 have them: with OpenSSL and the hosts' private keys, and with nothing of userspace/ikev1.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

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
        return split(message[16], *text);
    }
    std::string key_of(const std::string& host) const { return pki_.path(host + ".rsa.key"); }
    PublishedCertificate certificate_of(const std::string& host) const {
        return read_certificate(pki_.path(host + ".rsa.pem"));
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
