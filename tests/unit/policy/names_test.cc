#include "policy/names.h"

#include <gtest/gtest.h>

namespace keyline::policy {
namespace {

TEST(NamesTest, EveryNameParsesToItsValue) {
    for (const auto& [value, name] : kAuthMethodNames) {
        EXPECT_EQ(to_string(value), name);
        EXPECT_EQ(parse_auth_method(name), value);
    }
    for (const auto& [value, name] : kMmEncryptionNames)
        EXPECT_EQ(parse_mm_encryption(name), value);
    for (const auto& [value, name] : kMmHashNames)
        EXPECT_EQ(parse_mm_hash(name), value);
    for (const auto& [value, name] : kDhGroupNames)
        EXPECT_EQ(parse_dh_group(name), value);
    for (const auto& [value, name] : kModeNames)
        EXPECT_EQ(parse_mode(name), value);
    for (const auto& [value, name] : kEngineNames)
        EXPECT_EQ(parse_engine(name), value);
    for (const auto& [value, name] : kInterfaceRoleNames)
        EXPECT_EQ(parse_interface_role(name), value);
    EXPECT_FALSE(parse_dh_group("modp2049"));
    EXPECT_FALSE(parse_auth_method("Kerberos"));
}

TEST(NamesTest, AuthMethodsHaveTheNumbersOfTheWire) {  // MS-AIPS 2.2.3.4
    EXPECT_EQ(static_cast<int>(AuthMethod::kKerberos), 2);
    EXPECT_EQ(static_cast<int>(AuthMethod::kAnonymous), 3);
    EXPECT_EQ(static_cast<int>(AuthMethod::kTls), 4);
    EXPECT_EQ(static_cast<int>(AuthMethod::kNtlm), 5);
}

TEST(MmProposalTest, RoundTripsEveryCombination) {
    for (const auto& encryption : kMmEncryptionNames) {
        for (const auto& hash : kMmHashNames) {
            const MmProposal proposal{encryption.value, hash.value};
            EXPECT_EQ(MmProposal::parse(proposal.to_string()), proposal);
        }
    }
    EXPECT_EQ((MmProposal{MmEncryption::kAesCbc256, MmHash::kSha256}).to_string(), "aes-cbc-256/sha2-256");
    for (const char* text : {"", "/", "aes-cbc-256", "aes-cbc-256/", "/sha1", "aes-cbc-256/sha1/md5"}) {
        EXPECT_FALSE(MmProposal::parse(text)) << text;
    }
}

TEST(MainModeTest, OffersAGroupWhereAMethodNeedsOne) {
    MainMode mode;
    EXPECT_EQ(mode.offered_group(), DhGroup::kNone);
    mode.auth = {AuthMethod::kKerberos, AuthMethod::kAnonymous};
    EXPECT_EQ(mode.offered_group(), DhGroup::kEcp256);
    mode.dh_groups = {DhGroup::kNone};
    EXPECT_EQ(mode.offered_group(), DhGroup::kNone);
    mode.auth = {AuthMethod::kKerberos};
    mode.dh_groups = {DhGroup::kModp2048, DhGroup::kNone};
    EXPECT_EQ(mode.offered_group(), DhGroup::kModp2048);
    EXPECT_TRUE(mode.accepts(DhGroup::kNone));
    EXPECT_FALSE(mode.accepts(DhGroup::kEcp256));
}

struct SuiteCase {
    const char* name;
    std::size_t encryption_octets;  // with salt
    std::size_t integrity_octets;
};

TEST(EspSuiteTest, NamesAndKeySizes) {
    constexpr SuiteCase kCases[] = {
        {"null/hmac-sha1-96", 0, 20},
        {"null/hmac-sha2-256-128", 0, 32},
        {"des-cbc/hmac-md5-96", 8, 16},
        {"3des-cbc/hmac-sha1-96", 24, 20},
        {"aes-cbc-128/hmac-sha1-96", 16, 20},
        {"aes-cbc-192/hmac-sha2-384-192", 24, 48},
        {"aes-cbc-256/hmac-sha2-512-256", 32, 64},
        {"aes-gcm-16-128", 20, 0},
        {"aes-gcm-16-256", 36, 0},
        {"aes-gmac-192", 28, 0},
    };
    for (const SuiteCase& test : kCases) {
        const auto suite = EspSuite::parse(test.name);
        ASSERT_TRUE(suite) << test.name;
        EXPECT_EQ(suite->to_string(), test.name);
        EXPECT_EQ(suite->encryption_key_octets(), test.encryption_octets) << test.name;
        EXPECT_EQ(suite->integrity_key_octets(), test.integrity_octets) << test.name;
    }
}

TEST(EspSuiteTest, EncryptionAloneIsNoSuite) {
    for (const char* text :
         {"", "null", "aes-cbc-128", "aes-cbc-128/", "aes-gcm-16-128/hmac-sha1-96", "aes-gcm-16",
          "aes-cbc-128/hmac-sha1", "AES-CBC-128/hmac-sha1-96", "/hmac-sha1-96"}) {
        EXPECT_FALSE(EspSuite::parse(text)) << text;
    }
}

}  // namespace
}  // namespace keyline::policy
