// Damaged messages, thousands of them from fixed seeds: parsing ends in a value, whatever parses is rebuilt
// octet for octet, errors lie inside the datagram, and every datagram can be described.
#include <gtest/gtest.h>

#include <random>

#include "octets.h"
#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

class Damage {
  public:
    explicit Damage(std::uint32_t seed) : random_(seed) {}

    Bytes operator()(Bytes octets) {
        for (std::size_t left = below(6) + 1; left > 0 && !octets.empty(); --left)
            apply(octets);
        if (octets.size() >= kHeaderSize && below(8) != 0) {  // mostly reach beyond the header
            Bytes length;
            append_be32(length, static_cast<std::uint32_t>(octets.size()));
            std::ranges::copy(length, octets.begin() + kHeaderLengthOffset);
        }
        return octets;
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    void apply(Bytes& octets) {
        const auto at = octets.begin() + static_cast<std::ptrdiff_t>(below(octets.size()));
        const auto end =
            at + static_cast<std::ptrdiff_t>(
                     below(std::min<std::size_t>(static_cast<std::size_t>(octets.end() - at), 32) + 1));
        switch (below(6)) {
            case 0:
                *at = static_cast<std::uint8_t>(below(256));
                break;
            case 1:
                *at ^= static_cast<std::uint8_t>(1u << below(8));
                break;
            case 2:
                octets.erase(at, end);
                break;
            case 3: {
                const Bytes piece(at, end);
                octets.insert(at, piece.begin(), piece.end());
                break;
            }
            case 4:
                octets.erase(at, octets.end());
                break;
            default:
                std::fill(at, end, below(2) == 0 ? std::uint8_t{0} : std::uint8_t{0xFF});
        }
    }

    std::mt19937 random_;
};

TEST(MutationTest, DamagedMessagesAreValuesOrErrors) {
    std::size_t parsed = 0;
    std::size_t refused = 0;
    std::uint32_t seed = 0;
    const auto corpus = std::filesystem::path(KEYLINE_SOURCE_DIR) / "tests/fuzz/corpus/fuzz_isakmp";
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        const Bytes original = test::read_file(entry.path());
        for (int round = 0; round < 500; ++round) {
            const Bytes octets = Damage(++seed)(original);
            const auto message = parse_message(octets);
            if (message) {
                ++parsed;
                ASSERT_EQ(build_message(*message), octets) << "seed " << seed << ": " << to_hex(octets);
            } else {
                ++refused;
                ASSERT_LE(message.error().offset, octets.size()) << "seed " << seed << ": " << to_hex(octets);
                ASSERT_FALSE(name(message.error().reason).empty());
            }
            ASSERT_FALSE(to_text(describe(octets)).empty());
        }
    }
    EXPECT_GT(parsed, 1000u);
    EXPECT_GT(refused, 1000u);
}

TEST(MutationTest, LargestDatagramsStayBounded) {
    for (const auto type : {PayloadType::kSecurityAssociation, PayloadType::kDelete, PayloadType::kAuth,
                            PayloadType::kVendorId}) {
        for (const int fill : {0x00, 0x01, 0x80, 0xFF}) {
            const Bytes octets =
                test::datagram(type, Bytes(kMaxMessageSize - kHeaderSize, static_cast<std::uint8_t>(fill)));
            EXPECT_FALSE(parse_message(octets));
            EXPECT_LT(to_text(describe(octets)).size(), 8 * octets.size());
        }
    }
}

}  // namespace
}  // namespace keyline::wire
