// Every message of every AuthIP exchange with something wrong in it, by a peer that has the keys: each
// payload in turn is left out, doubled, put after the next, cut or damaged, and the message is sealed again.
// Whatever becomes of the conversation, both hosts end it, nothing is left of it, and a clean negotiation
// succeeds afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "authip/crypto_payload.h"
#include "simulation/pair.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;

enum class Change : std::uint8_t { kLeaveOut, kDouble, kPutBack, kCut, kDamage };
constexpr Change kChanges[] = {Change::kLeaveOut, Change::kDouble, Change::kPutBack, Change::kCut,
                               Change::kDamage};

struct RawPayload {
    std::uint8_t type;
    Bytes body;
};

constexpr std::size_t kGenericHeader = 4;

std::vector<RawPayload> split(const authip::PayloadSequence& sequence) {
    std::vector<RawPayload> payloads;
    auto type = static_cast<std::uint8_t>(sequence.first);
    ByteView rest = sequence.octets;
    while (rest.size() >= kGenericHeader) {
        const std::size_t length = load_be16(&rest[2]);
        EXPECT_TRUE(length >= kGenericHeader && length <= rest.size());
        const ByteView body = rest.subspan(kGenericHeader, length - kGenericHeader);
        payloads.push_back({type, Bytes(body.begin(), body.end())});
        type = rest[0];
        rest = rest.subspan(length);
    }
    return payloads;
}

authip::PayloadSequence join(const std::vector<RawPayload>& payloads) {
    authip::PayloadSequence sequence;
    if (!payloads.empty()) sequence.first = static_cast<wire::PayloadType>(payloads.front().type);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        sequence.octets.push_back(i + 1 < payloads.size() ? payloads[i + 1].type : 0);
        sequence.octets.push_back(0);
        append_be16(sequence.octets, static_cast<std::uint16_t>(kGenericHeader + payloads[i].body.size()));
        append(sequence.octets, payloads[i].body);
    }
    return sequence;
}

// False when there is no such payload, or nothing in it to change.
bool apply(Change change, std::size_t at, std::vector<RawPayload>& payloads) {
    if (at >= payloads.size()) return false;
    const auto here = payloads.begin() + static_cast<std::ptrdiff_t>(at);
    Bytes& body = here->body;
    switch (change) {
        case Change::kLeaveOut:
            payloads.erase(here);
            return true;
        case Change::kDouble:
            payloads.insert(here, RawPayload(*here));
            return true;
        case Change::kPutBack:
            if (at + 1 == payloads.size()) return false;
            std::iter_swap(here, here + 1);
            return true;
        case Change::kCut:
            if (body.empty()) return false;
            body.pop_back();
            return true;
        case Change::kDamage:
            if (body.empty()) return false;
            body[body.size() / 2] ^= 0x55;
            return true;
    }
    return false;
}

class Meddled {
  public:
    // Meddles with the payload `at` of the message `number`, from 1; 0: with none.
    Meddled(PairWishes wishes, std::size_t number, std::size_t at, Change change)
        : pair_(std::move(wishes)), number_(number), at_(at), change_(change) {}

    // False when there is nothing to change there.
    bool run() {
        pair_.world.swallow = [this](const exchange::Send& message) { return meddle(message); };
        pair_.acquire_at_a();
        pair_.world.run(400s);
        return number_ == 0 || changed_;
    }
    std::size_t messages() const { return seen_.size(); }

    void expect_recovery() {
        pair_.world.swallow = nullptr;
        pair_.world.give(pair_.a, exchange::AdminDown{1, pair_.b.address});
        pair_.world.give(pair_.b, exchange::AdminDown{2, pair_.a.address});
        pair_.world.run(120s);
        for (const Host* host : {&pair_.a, &pair_.b}) {
            EXPECT_EQ(host->keyer->limits().incomplete, 0U) << host->name;
            EXPECT_EQ(host->keyer->limits().auth_steps, 0U) << host->name;
            EXPECT_TRUE(host->datapath.inbound.empty()) << host->name;
            EXPECT_TRUE(host->datapath.outbound.empty()) << host->name;
        }
        // Who has the keys can give the hosts different nonces: the SAs of that conversation may not fit.
        const std::vector<std::string>& violations = pair_.world.violations();
        const std::size_t tolerated = violations.size();
        for (const std::string& violation : violations)
            EXPECT_NE(violation.find("disagree about SA"), std::string::npos) << violation;
        pair_.acquire_at_a();
        pair_.world.run(30s);
        EXPECT_EQ(pair_.a.datapath.outbound.size(), 1U);
        EXPECT_EQ(pair_.b.datapath.outbound.size(), 1U);
        pair_.world.check_rest();
        EXPECT_EQ(violations.size(), tolerated) << (violations.empty() ? "" : violations.back());
    }

  private:
    bool meddle(const exchange::Send& message) {
        if (!seen_.insert(message.data).second || seen_.size() != number_) return false;
        auto spoilt = spoil(message);
        if (!spoilt) return false;
        changed_ = true;
        pair_.world.after(1ms, [this, message, data = std::move(*spoilt)]() mutable {
            pair_.world.deliver(message.local, message.remote, std::move(data));
        });
        return true;
    }

    std::optional<Bytes> spoil(const exchange::Send& message) {
        const auto header = wire::parse_header(message.data);
        const auto frame =
            header ? wire::parse_crypto_frame(message.data, *header) : std::unexpected(wire::ParseError{});
        if (!frame) return std::nullopt;
        if (!header->encrypted()) {
            auto payloads = split({frame->first_payload, Bytes(frame->rest.begin(), frame->rest.end())});
            if (!apply(change_, at_, payloads)) return std::nullopt;
            return in_clear(message.data, frame->rest_offset, join(payloads));
        }
        const Host& sender = message.local.address == pair_.a.address ? pair_.a : pair_.b;
        const exchange::ExportMmKeys& keys = sender.exported.back();
        const authip::MessageProtection protection{.hash = crypto::HashAlgorithm::kSha256,
                                                   .cipher = crypto::CipherAlgorithm::kAes256Cbc,
                                                   .encryption_key = keys.encryption_key.view(),
                                                   .integrity_key = keys.integrity_key.view(),
                                                   .icv_octets = keys.icv_octets};
        const auto opened = authip::open(message.data, *frame, protection);
        EXPECT_TRUE(opened);
        if (!opened) return std::nullopt;
        auto payloads = split(*opened);
        if (!apply(change_, at_, payloads)) return std::nullopt;
        return authip::seal(*header, frame->sequence, join(payloads), protection, pair_.world.random())
            .value();
    }

    // What is before the payloads stays, but for the type of the first and the length of all.
    static Bytes in_clear(const Bytes& original, std::size_t offset,
                          const authip::PayloadSequence& sequence) {
        Bytes data(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(offset));
        data[wire::kHeaderSize] = static_cast<std::uint8_t>(sequence.first);
        append(data, sequence.octets);
        Bytes length;
        append_be32(length, static_cast<std::uint32_t>(data.size()));
        std::ranges::copy(length, data.begin() + wire::kHeaderSize - 4);
        return data;
    }

    Pair pair_;
    std::size_t number_;
    std::size_t at_;
    Change change_;
    std::set<Bytes> seen_;
    bool changed_ = false;
};

// Main mode with two round trips, a quick mode with a choice, and extended mode, if asked for.
PairWishes wishes(bool extended_mode) {
    PairWishes wishes = both({.suites = {{policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone},
                                         {policy::Encryption::kAesCbc, 16, policy::Integrity::kHmacSha1_96}},
                              .key_export = "/keys"});
    wishes.a_methods = wishes.b_methods = {Script{.round_trips = 2}};
    if (extended_mode) wishes.a.extended_auth = wishes.b.extended_auth = {AuthMethod::kKerberos};
    return wishes;
}

void meddle_with_all(bool extended_mode, std::size_t expected_messages, std::size_t first) {
    Meddled clean(wishes(extended_mode), 0, 0, Change::kLeaveOut);
    clean.run();
    ASSERT_EQ(clean.messages(), expected_messages);
    for (std::size_t number = first; number <= expected_messages; ++number) {
        bool more = true;
        for (std::size_t at = 0; more; ++at) {
            more = false;
            for (const Change change : kChanges) {
                SCOPED_TRACE("message " + std::to_string(number) + ", payload " + std::to_string(at) +
                             ", change " + std::to_string(static_cast<int>(change)));
                Meddled meddled(wishes(extended_mode), number, at, change);
                if (!meddled.run()) continue;
                more = true;
                meddled.expect_recovery();
                if (testing::Test::HasFailure()) return;
            }
        }
    }
}

TEST(MeddledTest, MainModeAndQuickMode) { meddle_with_all(false, 10, 1); }

TEST(MeddledTest, ExtendedMode) { meddle_with_all(true, 18, 11); }

}  // namespace
}  // namespace keyline::simulation
