#include "crypto/dh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "vectors.h"

namespace keyline::crypto {
namespace {

constexpr std::array kGroups{DhGroup::kModp768,  DhGroup::kModp1024, DhGroup::kModp1536, DhGroup::kModp2048,
                             DhGroup::kModp3072, DhGroup::kModp4096, DhGroup::kModp6144, DhGroup::kModp8192,
                             DhGroup::kEcp256,   DhGroup::kEcp384,   DhGroup::kEcp521};

Bytes minus(Bytes number, std::uint8_t subtrahend) {
    for (std::size_t at = number.size(); at-- > 0;) {
        const int difference = number[at] - subtrahend;
        number[at] = static_cast<std::uint8_t>(difference);
        if (difference >= 0) break;
        subtrahend = 1;
    }
    return number;
}

TEST(DhTest, BothSidesAgreeInEveryGroup) {
    SystemRandom random;
    for (const DhGroup group : kGroups) {
        const DhKeyPair initiator = DhKeyPair::generate(group, random);
        const DhKeyPair responder = DhKeyPair::generate(group, random);
        EXPECT_EQ(initiator.public_value().size(), public_value_size(group));
        EXPECT_NE(initiator.public_value(), responder.public_value());
        const auto one = initiator.compute(responder.public_value());
        const auto other = responder.compute(initiator.public_value());
        ASSERT_TRUE(one && other) << to_string(group);
        EXPECT_TRUE(*one == *other) << to_string(group);
    }
}

TEST(DhTest, SameRandomnessGivesTheSamePair) {
    class Fixed final : public RandomSource {
        void fill(std::span<std::uint8_t> octets) override { std::ranges::fill(octets, std::uint8_t{0x5a}); }
    } random;
    for (const DhGroup group : kGroups) {
        EXPECT_EQ(DhKeyPair::generate(group, random).public_value(),
                  DhKeyPair::generate(group, random).public_value());
    }
}

TEST(DhTest, GroupNumbersRoundTrip) {
    for (const DhGroup group : kGroups)
        EXPECT_EQ(dh_group(static_cast<std::uint16_t>(group)), group);
    for (const std::uint16_t number : {0, 3, 22, 31})
        EXPECT_FALSE(dh_group(number)) << number;
}

// p - 2 is taken and p - 1 is not, which also pins every bit of the prime to the published one.
TEST(ModpTest, PublicValuesRangeFromTwoToPrimeMinusTwo) {
    SystemRandom random;
    int checked = 0;
    auto primes = test::published_vectors("asymmetric/DH/rfc3526.txt");
    for (auto& prime : test::own_vectors("keying_vectors.txt")) {
        if (prime.section == "RFC 2409 prime") primes.push_back(prime);
    }
    for (const auto& vector : primes) {
        const Bytes prime = vector.octets("P");
        const auto group = std::ranges::find_if(
            kGroups, [&](DhGroup candidate) { return public_value_size(candidate) == prime.size(); });
        if (group == kGroups.end()) continue;
        const DhKeyPair pair = DhKeyPair::generate(*group, random);
        Bytes small(prime.size());
        for (const std::uint8_t value : {0, 1}) {
            small.back() = value;
            EXPECT_EQ(pair.compute(small).error(), DhError::kOutOfRange);
        }
        small.back() = 2;
        const auto squared = pair.compute(small);
        ASSERT_TRUE(squared);
        EXPECT_TRUE(*squared == Secret::copy_of(pair.public_value()));  // the generator is 2
        EXPECT_TRUE(pair.compute(minus(prime, 2))) << to_string(*group);
        EXPECT_EQ(pair.compute(minus(prime, 1)).error(), DhError::kOutOfRange) << to_string(*group);
        EXPECT_EQ(pair.compute(prime).error(), DhError::kOutOfRange);
        EXPECT_EQ(pair.compute(Bytes(prime.size(), 0xff)).error(), DhError::kOutOfRange);
        ++checked;
    }
    EXPECT_EQ(checked, 8);
}

TEST(ModpTest, KnownAnswers) {
    int checked = 0;
    for (const auto& vector : test::own_vectors("keying_vectors.txt")) {
        if (vector.section != "MODP") continue;
        const auto group = dh_group(static_cast<std::uint16_t>(vector.number("GROUP")));
        ASSERT_TRUE(group);
        const DhKeyPair pair = DhKeyPair::from_private(*group, Secret::copy_of(vector.octets("X")));
        EXPECT_EQ(pair.public_value(), vector.octets("GX"));
        const auto shared = pair.compute(vector.octets("GY"));
        ASSERT_TRUE(shared);
        EXPECT_TRUE(*shared == Secret::copy_of(vector.octets("GXY")));
        ++checked;
    }
    EXPECT_EQ(checked, 8);
}

struct Rfc5903 {
    DhGroup group;
    const char *i, *gix, *giy, *r, *grx, *gry, *girx;
};

// RFC 5903 section 8.
constexpr std::array<Rfc5903, 3> kRfc5903{{
    {DhGroup::kEcp256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180",
     "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
     "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63",
     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {DhGroup::kEcp384,
     "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896"
     "783ab194",
     "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732ae"
     "e95f41aa",
     "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c63"
     "4573a81c",
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd5"
     "5a7448fc",
     "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0"
     "774a3571",
     "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96d"
     "b9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a2"
     "70f59746"},
    {DhGroup::kEcp521,
     "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d9"
     "37ba9777f5957b2639bab072462f68c27a57382d4a52",
     "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c"
     "2d107564941885942af5a7f4601723c4195d176ced3e",
     "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e"
     "7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
     "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a"
     "3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
     "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352"
     "f6be64a6c2912d4ef2d0433ced2b6171640012d9460f",
     "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e"
     "86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
     "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a347868"
     "59810c06b3c715a3a8cc3151f2bee417996d19f3ddea"},
}};

TEST(EcpTest, Rfc5903Examples) {
    for (const Rfc5903& example : kRfc5903) {
        const auto initiator = DhKeyPair::from_private(example.group, Secret::copy_of(*from_hex(example.i)));
        const auto responder = DhKeyPair::from_private(example.group, Secret::copy_of(*from_hex(example.r)));
        EXPECT_EQ(initiator.public_value(), *from_hex(std::string(example.gix) + example.giy));
        EXPECT_EQ(responder.public_value(), *from_hex(std::string(example.grx) + example.gry));
        const Secret expected = Secret::copy_of(*from_hex(example.girx));
        EXPECT_TRUE(initiator.compute(responder.public_value()).value() == expected);
        EXPECT_TRUE(responder.compute(initiator.public_value()).value() == expected);
    }
}

// Files of NIST's key agreement validation, with good and with spoilt public keys.
TEST(EcpTest, NistValidityVectors) {
    int refused = 0;
    int agreed = 0;
    for (const auto& vector :
         test::published_vectors("asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax")) {
        if (!vector.has("Result")) continue;
        const std::string curve = vector.section.substr(0, 2);
        const DhGroup group = curve == "EC"   ? DhGroup::kEcp256
                              : curve == "ED" ? DhGroup::kEcp384
                                              : DhGroup::kEcp521;
        if (curve != "EC" && curve != "ED" && curve != "EE") continue;
        const auto padded = [&](const std::string& field, std::size_t size) {
            const Bytes octets = vector.octets(field);
            Bytes wide(size - std::min(size, octets.size()));
            append(wide, ByteView(octets).last(std::min(size, octets.size())));
            return wide;
        };
        const std::size_t size = public_value_size(group) / 2;
        const auto pair = DhKeyPair::from_private(group, Secret::copy_of(padded("dsIUT", size)));
        Bytes peer = padded("QsCAVSx", size);
        append(peer, padded("QsCAVSy", size));
        const auto shared = pair.compute(peer);
        const std::string& result = vector.text("Result");
        if (result.starts_with("F (1 ") || result.starts_with("F (2 ")) {
            EXPECT_FALSE(shared) << vector.line;
            ++refused;
        } else if (result.starts_with("P")) {
            ASSERT_TRUE(shared) << vector.line;
            EXPECT_TRUE(*shared == Secret::copy_of(padded("Z", size))) << vector.line;
            ++agreed;
        }
    }
    EXPECT_GE(refused, 6);
    EXPECT_GE(agreed, 30);
}

TEST(EcpTest, RefusesPointsOffTheCurve) {
    SystemRandom random;
    for (const DhGroup group : {DhGroup::kEcp256, DhGroup::kEcp384, DhGroup::kEcp521}) {
        const DhKeyPair pair = DhKeyPair::generate(group, random);
        Bytes peer = DhKeyPair::generate(group, random).public_value();
        peer.back() ^= 1;
        EXPECT_EQ(pair.compute(peer).error(), DhError::kNotOnCurve);
        EXPECT_EQ(pair.compute(Bytes(peer.size())).error(), DhError::kNotOnCurve);        // (0, 0)
        EXPECT_EQ(pair.compute(Bytes(peer.size(), 0xff)).error(), DhError::kNotOnCurve);  // not below p
        peer.pop_back();
        EXPECT_EQ(pair.compute(peer).error(), DhError::kWrongLength);
    }
}

}  // namespace
}  // namespace keyline::crypto
