// Vendor IDs, principal names and the words of errors.
#include <gtest/gtest.h>

#include <set>

#include "octets.h"
#include "wire/error.h"
#include "wire/principal_name.h"
#include "wire/vendor_ids.h"

namespace keyline::wire {
namespace {

using test::hex;

TEST(VendorIdTest, KnowsThoseOfTheSpecification) {
    const auto name = [](std::string_view digits) { return vendor::name(hex(digits)); };
    EXPECT_EQ(name("4A131C81070358455C5728F20E95452F"), "RFC 3947");
    EXPECT_EQ(name("621B04BB09882AC1E15935FEFA24AEEE"), "GSSAPI");
    EXPECT_EQ(name("214CA4FAFFA7F32D6748E530339 5AE83"), "MS-MamieExists");
    EXPECT_EQ(name("1E2B516905991C7D7C96FCBFB587E461 00000005"), "MS NT5 ISAKMPOAKLEY 5 (Windows Vista)");
    EXPECT_EQ(name("1E2B516905991C7D7C96FCBFB587E461 00000063"), "MS NT5 ISAKMPOAKLEY 99");
    EXPECT_EQ(name("01528bbbc006961218 49ab9a1c5b2a51 00000001"), "KEY_MODS 1 (AuthIP)");
    EXPECT_EQ(name("7BB93867D76C8D80DF0F40FAE8FC3B19 00000004"), "AUTHIP_INIT_KE_DH_GROUP 4 (ECP-256)");
    EXPECT_EQ(name("1E2B516905991C7D7C96FCBFB587E461"), std::nullopt);
    EXPECT_EQ(name("4A131C81070358455C5728F20E95452F00"), std::nullopt);
    EXPECT_EQ(name(""), std::nullopt);
}

TEST(VendorIdTest, VersionOfTheMicrosoftImplementation) {
    for (const std::uint32_t version : {0u, 5u, 9u, 0xFFFFFFFFu}) {
        EXPECT_EQ(vendor::ms_nt5_isakmpoakley_version(vendor::ms_nt5_isakmpoakley(version)), version);
    }
    EXPECT_EQ(vendor::ms_nt5_isakmpoakley_version(hex("1E2B516905991C7D7C96FCBFB587E461 000005")),
              std::nullopt);
    EXPECT_EQ(vendor::ms_nt5_isakmpoakley_version(hex("1E2B516905991C7D7C96FCBFB587E460 00000005")),
              std::nullopt);
}

TEST(PrincipalNameTest, RoundTripsAndTellsByteOrder) {
    EXPECT_EQ(encode_principal_name("a$@B"), hex("6100 2400 4000 4200"));
    EXPECT_EQ(decode_principal_name(hex("6100 2400 4000 4200")), "a$@B");
    EXPECT_EQ(decode_principal_name(hex("0061 0024 0040 0042")), "a$@B");
    for (const char* name : {"host/fqdn.example.com@EXAMPLE.COM", "\u00e9\u20ac", "x\U0001F511", "a\uFFFF"}) {
        EXPECT_EQ(decode_principal_name(encode_principal_name(name).value()), name);
    }
    EXPECT_EQ(encode_principal_name("\U0001F511"), hex("3dd8 11dd"));
}

TEST(PrincipalNameTest, RefusesWhatIsNotAName) {
    for (const char* digits :
         {"", "61", "6100 61", "6100 0000", "0000", "3dd8", "3dd8 6100", "11dd", "3dd8 3dd8"}) {
        EXPECT_EQ(decode_principal_name(hex(digits)), std::nullopt) << digits;
    }
    for (const char* digits :
         {"80", "c0af", "c3", "c328", "e0809f", "eda080", "f0808080", "f4908080", "f8888080", "ff", "6100"}) {
        const Bytes octets = hex(digits);
        const std::string text(octets.begin(), octets.end());
        EXPECT_EQ(encode_principal_name(text), std::nullopt) << digits;
    }
}

TEST(ErrorTest, EveryReasonHasItsOwnWords) {
    std::set<std::string_view> names;
    std::set<std::string_view> causes;
    constexpr int kCount = static_cast<int>(ParseReason::kTooManyAttributes) + 1;
    for (int i = 0; i < kCount; ++i) {
        names.insert(name(static_cast<ParseReason>(i)));
        causes.insert(explain(static_cast<ParseReason>(i)));
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(kCount));
    EXPECT_EQ(causes.size(), static_cast<std::size_t>(kCount));
    EXPECT_EQ((ParseError{ParseReason::kPayloadLength, 42}).to_string(),
              "Payload_Length is not possible here (octet 42)");
    EXPECT_EQ((BuildError{BuildReason::kFieldTooLong}).to_string(), "value is larger than its field");
}

}  // namespace
}  // namespace keyline::wire
