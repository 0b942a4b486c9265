// SKEYID, SKEYID_d, SKEYID_a and SKEYID_e (RFC 2409 5) as others compute them: NIST's known answers, which
// have pre-shared keys and signatures, and Libreswan's cavp. Neither knows public key encryption, but cavp
// can be made to compute it. Neither has MD5.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ikev1/keys.h"
#include "unit/crypto/vectors.h"

namespace keyline::ikev1 {
namespace {

using crypto::HashAlgorithm;
using test::Vector;

enum class Method : std::uint8_t { kPsk, kSignature, kPublicKey };

struct Input {
    HashAlgorithm hash{};
    Bytes initiator_cookie;
    Bytes responder_cookie;
    Bytes initiator_nonce;
    Bytes responder_nonce;
    Bytes dh_secret;
    Bytes psk;
};

MmKeys derive(Method method, const Input& input) {
    KeyContext context{.hash = input.hash, .cipher = crypto::CipherAlgorithm::kAes128Cbc};
    std::ranges::copy(input.initiator_cookie, context.initiator_cookie.begin());
    std::ranges::copy(input.responder_cookie, context.responder_cookie.begin());
    const Secret dh_secret = Secret::copy_of(input.dh_secret);
    const auto skeyid = [&] {
        switch (method) {
            case Method::kPsk:
                return psk_skeyid(input.hash, Secret::copy_of(input.psk), input.initiator_nonce,
                                  input.responder_nonce);
            case Method::kSignature:
                return signature_skeyid(input.hash, input.initiator_nonce, input.responder_nonce, dh_secret);
            case Method::kPublicKey:
                break;
        }
        return public_key_skeyid(context, input.initiator_nonce, input.responder_nonce);
    };
    return derive_mm_keys(context, skeyid(), dh_secret);
}

void expect_answer(const Vector& answer, const MmKeys& keys) {
    EXPECT_EQ(to_hex(keys.skeyid.view()), answer.text("SKEYID")) << answer.line;
    EXPECT_EQ(to_hex(keys.skeyid_d.view()), answer.text("SKEYID_d")) << answer.line;
    EXPECT_EQ(to_hex(keys.skeyid_a.view()), answer.text("SKEYID_a")) << answer.line;
    EXPECT_EQ(to_hex(keys.skeyid_e.view()), answer.text("SKEYID_e")) << answer.line;
}

struct NamedHash {
    HashAlgorithm hash;
    const char* name;
};
constexpr std::array kHashes{
    NamedHash{HashAlgorithm::kSha1, "SHA-1"}, NamedHash{HashAlgorithm::kSha256, "SHA-256"},
    NamedHash{HashAlgorithm::kSha384, "SHA-384"}, NamedHash{HashAlgorithm::kSha512, "SHA-512"}};

// The files say it in a line of its own, and by the length of each answer.
HashAlgorithm hash_of(const Vector& answer) {
    const std::size_t octets = answer.octets("SKEYID").size();
    for (const NamedHash& named : kHashes) {
        if (crypto::digest_size(named.hash) == octets) return named.hash;
    }
    ADD_FAILURE() << "the SKEYID of line " << answer.line << " is that of no hash";
    return {};
}

void expect_answers_of_nist(Method method, const std::string& file) {
    std::set<HashAlgorithm> hashes;
    for (const Vector& answer : test::fetched_vectors(file)) {
        const Input input{.hash = hash_of(answer),
                          .initiator_cookie = answer.octets("CKY_I"),
                          .responder_cookie = answer.octets("CKY_R"),
                          .initiator_nonce = answer.octets("Ni"),
                          .responder_nonce = answer.octets("Nr"),
                          .dh_secret = answer.octets("g^xy"),
                          .psk = method == Method::kPsk ? answer.octets("pre-shared-key") : Bytes{}};
        hashes.insert(input.hash);
        expect_answer(answer, derive(method, input));
    }
    EXPECT_EQ(hashes.size(), kHashes.size());
}

TEST(SkeyidTest, PreSharedKeyAsNistHasIt) { expect_answers_of_nist(Method::kPsk, "ikev1_psk.fax"); }
TEST(SkeyidTest, SignatureAsNistHasIt) { expect_answers_of_nist(Method::kSignature, "ikev1_dsa.fax"); }

// Any octets, others for each name.
Bytes octets(const std::string& name, std::size_t size) {
    Bytes result;
    for (std::uint8_t block = 0; result.size() < size; ++block)
        append(result, crypto::hash(HashAlgorithm::kSha256, {as_bytes(name), {&block, 1}}));
    result.resize(size);
    return result;
}

std::vector<Input> inputs() {
    std::vector<Input> result;
    for (const NamedHash& named : kHashes) {
        for (const std::size_t nonce : {8U, 32U, 256U}) {          // RFC 2409 5: 8 to 256
            for (const std::size_t secret : {32U, 256U, 1024U}) {  // of ECP 256, MODP 2048 and 8192
                const std::string name = std::string(named.name) + std::to_string(nonce * secret);
                result.push_back({.hash = named.hash,
                                  .initiator_cookie = octets("CKY-I" + name, 8),
                                  .responder_cookie = octets("CKY-R" + name, 8),
                                  .initiator_nonce = octets("Ni" + name, nonce),
                                  .responder_nonce = octets("Nr" + name, 264 - nonce),
                                  .dh_secret = octets("g^xy" + name, secret),
                                  .psk = octets("psk" + name, nonce / 2)});
            }
        }
    }
    return result;
}

// What cavp reads: it looks for the hash in the section and for each value by its name.
std::string request(Method method, const Input& input) {
    std::ostringstream text;
    text << "[" << std::ranges::find(kHashes, input.hash, &NamedHash::hash)->name << "]\n\nCOUNT = 0\n";
    const auto write = [&](const char* name, const Bytes& value) {
        text << name << " = " << to_hex(value) << "\n";
    };
    write("CKY_I", input.initiator_cookie);
    write("CKY_R", input.responder_cookie);
    // prf(hash(Ni_b | Nr_b), CKY-I | CKY-R) is what pre-shared keys make of this key and these nonces.
    const bool substituted = method == Method::kPublicKey;
    write("Ni", substituted ? input.initiator_cookie : input.initiator_nonce);
    write("Nr", substituted ? input.responder_cookie : input.responder_nonce);
    write("g^xy", input.dh_secret);
    if (method != Method::kSignature) {
        write("pre-shared-key", substituted
                                    ? crypto::hash(input.hash, {input.initiator_nonce, input.responder_nonce})
                                    : input.psk);
    }
    text << "\n";
    return text.str();
}

// What it prints: the same, each followed by the answer.
std::vector<Vector> ask_cavp(Method method, const std::vector<Input>& questions) {
    const char* const folder = std::getenv("KEYLINE_LIBRESWAN");
    const std::string libreswan = folder ? folder : "/var/cache/keyline/libreswan";
    // Builds of the same test run at the same time.
    const std::string asked = testing::TempDir() + "keyline_cavp_" + std::to_string(getpid());
    const std::string answered = asked + ".answered";
    std::ofstream file(asked);
    for (const Input& input : questions)
        file << request(method, input);
    file.close();
    const std::string command = "LD_LIBRARY_PATH=$(echo " + libreswan + "/usr/lib/*-linux-gnu) " + libreswan +
                                "/usr/libexec/ipsec/cavp " +
                                (method == Method::kSignature ? "-v1dsa " : "-v1psk ") + asked + " >" +
                                answered;
    EXPECT_EQ(std::system(command.c_str()), 0)
        << command << ": tests/netns/fetch-libreswan fetches what may be missing";
    std::ifstream answers(answered);
    auto vectors = test::read_vectors(answers);
    std::filesystem::remove(asked);
    std::filesystem::remove(answered);
    return vectors;
}

void expect_answers_of_cavp(Method method) {
    const std::vector<Input> questions = inputs();
    const std::vector<Vector> answers = ask_cavp(method, questions);
    ASSERT_EQ(answers.size(), questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i)
        expect_answer(answers[i], derive(method, questions[i]));
}

TEST(SkeyidTest, PreSharedKeyAsCavpComputesIt) { expect_answers_of_cavp(Method::kPsk); }
TEST(SkeyidTest, SignatureAsCavpComputesIt) { expect_answers_of_cavp(Method::kSignature); }
TEST(SkeyidTest, PublicKeyEncryptionAsCavpComputesIt) { expect_answers_of_cavp(Method::kPublicKey); }

}  // namespace
}  // namespace keyline::ikev1
