// What a negotiation costs both peers together, beside the bare Diffie-Hellman exchange in the same run. See
// docs/performance.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "auth/registry.h"
#include "bare_dh.h"
#include "crypto/dh.h"
#include "statistics.h"
#include "two_keyers.h"

namespace {

using namespace keyline;
using bench::BareDh;
using bench::median;
using bench::TwoKeyers;
using policy::AuthMethod;
using policy::DhGroup;

constexpr int kRounds = 9;
constexpr std::uint32_t kBatch = 40;  // negotiations per round
constexpr const char* kMethod =
    R"(Two keyers in one process on one core: processor time of both peers together, in microseconds,
medians of {} interleaved rounds of {}. A negotiation is main mode and its first quick mode, the last
two rows are further quick modes under one main mode SA. All end with two SAs on each side, whose keys
are compared. "bare DH": two key generations and two computations by OpenSSL's EVP_PKEY; "own DH": the
same by crypto/; "tokens": inside the method's own steps (GSS-API); "not DH": the share of the time
that is not own DH.

)";
constexpr const char* kInitiators = "10.0.0.0/8";
constexpr const char* kResponders = "11.0.0.0/8";

// The n-th host pair's packet: so many peers that the limits per peer stay out of the way.
policy::PacketTuple packet_of_pair(std::uint32_t n) {
    const auto host = [n](std::uint8_t network) {
        Bytes octets;
        append_be32(octets, (std::uint32_t{network} << 24) + n + 1);
        return *IpAddress::from_octets(octets);
    };
    return {.local = host(10), .remote = host(11), .protocol = 6, .local_port = 40000, .remote_port = 80};
}

// The n-th connection of the first host pair.
policy::PacketTuple packet_of_connection(std::uint32_t n) {
    policy::PacketTuple packet = packet_of_pair(0);
    packet.local_port = static_cast<std::uint16_t>(1024 + n);
    return packet;
}

struct Wishes {
    AuthMethod auth = AuthMethod::kAnonymous;
    DhGroup group = DhGroup::kEcp256;
    DhGroup pfs = DhGroup::kNone;
    bool per_connection = false;  // an SA for each TCP connection
};

TwoKeyers::Side make_side(const Wishes& wishes, const std::string& realm, bool initiator) {
    auto result = std::make_shared<policy::Policy>();
    policy::MainMode& main_mode = result->main_modes.front();
    main_mode.auth = {wishes.auth};
    main_mode.dh_groups = {wishes.group};
    policy::QuickMode& quick_mode = result->quick_modes.front();
    quick_mode.suites = {{policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone}};
    quick_mode.pfs_group = wishes.pfs;
    policy::Rule rule{.id = 1, .name = "protect"};
    rule.selectors = {{.local = *Prefix::parse(initiator ? kInitiators : kResponders),
                       .remote = *Prefix::parse(initiator ? kResponders : kInitiators)}};
    rule.populate = {.local_address = true,
                     .remote_address = true,
                     .protocol = wishes.per_connection,
                     .local_port = wishes.per_connection,
                     .remote_port = wishes.per_connection};
    result->rules = {rule};
    const std::string name = initiator ? "a.example.test" : "b.example.test";
    if (wishes.auth == AuthMethod::kKerberos) {
        result->auth.kerberos = {.principal = "host/" + name, .keytab = realm + "/" + name + ".keytab"};
    } else {
        result->auth.anonymous = {.name = "host/" + name};
    }
    auto methods = auth::make_methods(result->auth);
    if (!methods) bench::fail(methods.error());
    return {result, *std::move(methods)};
}

double microseconds_each(std::chrono::nanoseconds batch) {
    return std::chrono::duration<double, std::micro>(batch).count() / kBatch;
}

struct Cost {
    std::vector<double> total, authentication;  // microseconds per negotiation, one per round

    void add(const TwoKeyers& keyers, std::chrono::nanoseconds whole, std::chrono::nanoseconds steps_before) {
        total.push_back(microseconds_each(whole));
        authentication.push_back(microseconds_each(keyers.authentication() - steps_before));
    }
};

using MakePacket = policy::PacketTuple (*)(std::uint32_t);

// One round: kBatch negotiations, from the n-th on.
void measure(TwoKeyers& keyers, MakePacket packet, std::uint32_t from, Cost& cost) {
    const auto steps = keyers.authentication();
    const auto begin = bench::processor_time();
    for (std::uint32_t n = from; n < from + kBatch; ++n)
        keyers.negotiate(packet(n));
    cost.add(keyers, bench::processor_time() - begin, steps);
    keyers.check(kBatch);
}

void establish(TwoKeyers& keyers, MakePacket packet, std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n)
        keyers.negotiate(packet(n));
    keyers.check(count);
}

// The Diffie-Hellman exchange of a group by itself, by EVP_PKEY and by crypto/.
struct DhCost {
    explicit DhCost(DhGroup dh_group) : group(dh_group), bare(dh_group) {}

    DhGroup group;
    BareDh bare;
    std::vector<double> bare_times, own_times;  // microseconds per exchange, one per round
};

void exchange_by_crypto(DhGroup group) {
    crypto::SystemRandom random;
    const auto number = *crypto::dh_group(static_cast<std::uint16_t>(group));
    const auto a = crypto::DhKeyPair::generate(number, random);
    const auto b = crypto::DhKeyPair::generate(number, random);
    if (*a.compute(b.public_value()) != *b.compute(a.public_value())) bench::fail("crypto/ fails at DH");
}

template <typename Work>
double measure_each(Work&& work) {
    const auto begin = bench::processor_time();
    for (std::uint32_t n = 0; n < kBatch; ++n)
        work();
    return microseconds_each(bench::processor_time() - begin);
}

void measure(DhCost& cost) {
    cost.bare_times.push_back(measure_each([&] { cost.bare.exchange(); }));
    cost.own_times.push_back(measure_each([&] { exchange_by_crypto(cost.group); }));
}

struct Case {
    const char* name;
    Wishes wishes;
    MakePacket packet = packet_of_pair;

    // The group that is computed with while the case is measured.
    DhGroup group() const { return packet == packet_of_pair ? wishes.group : wishes.pfs; }
};

constexpr Case kCases[] = {
    {"anonymous, ecp256", {}},
    {"anonymous, modp2048", {.group = DhGroup::kModp2048}},
    {"kerberos, no DH", {.auth = AuthMethod::kKerberos, .group = DhGroup::kNone}},
    {"kerberos, ecp256", {.auth = AuthMethod::kKerberos}},
    {"fast quick mode", {.per_connection = true}, packet_of_connection},
    {"quick mode, PFS ecp256", {.pfs = DhGroup::kEcp256, .per_connection = true}, packet_of_connection},
};

void compare_with_bare(const std::string& realm) {
    std::array dh{DhCost(DhGroup::kEcp256), DhCost(DhGroup::kModp2048)};
    std::array<Cost, std::size(kCases)> costs;
    std::vector<std::pair<TwoKeyers::Side, TwoKeyers::Side>> sides;
    for (const Case& one : kCases) {
        sides.emplace_back(make_side(one.wishes, realm, true), make_side(one.wishes, realm, false));
    }
    for (int round = 0; round < kRounds; ++round) {
        for (DhCost& cost : dh)
            measure(cost);
        for (std::size_t i = 0; i < std::size(kCases); ++i) {
            TwoKeyers keyers(sides[i].first, sides[i].second);
            establish(keyers, kCases[i].packet, 1);  // has the service ticket, or the main mode SA
            measure(keyers, kCases[i].packet, 1, costs[i]);
        }
    }
    fmt::print("{:<24} {:>10} {:>8} | {:>8} {:>8} {:>8} {:>8} | {:>6}\n", "", "per second", "us", "bare DH",
               "own DH", "tokens", "rest", "not DH");
    for (std::size_t i = 0; i < std::size(kCases); ++i) {
        const auto group = std::ranges::find(dh, kCases[i].group(), &DhCost::group);
        const double bare = group == dh.end() ? 0 : median(group->bare_times);
        const double own = group == dh.end() ? 0 : median(group->own_times);
        const double total = median(costs[i].total);
        const double tokens = median(costs[i].authentication);
        fmt::print("{:<24} {:>10.0f} {:>8.1f} | {:>8.1f} {:>8.1f} {:>8.1f} {:>8.1f} | {:>5.0f}%\n",
                   kCases[i].name, 1e6 / total, total, bare, own, tokens, total - own - tokens,
                   100 * (total - own) / total);
    }
}

// What exists already must not matter to what is new.
void compare_populations(const char* title, const Wishes& wishes, MakePacket packet) {
    constexpr std::array<std::uint32_t, 3> kPopulations{1, 1000, 10000};
    const auto initiator = make_side(wishes, {}, true);
    const auto responder = make_side(wishes, {}, false);
    std::vector<std::unique_ptr<TwoKeyers>> crowds;
    for (const std::uint32_t population : kPopulations) {
        crowds.push_back(std::make_unique<TwoKeyers>(initiator, responder));
        establish(*crowds.back(), packet, population);
    }
    std::array<Cost, kPopulations.size()> costs;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < kPopulations.size(); ++i) {
            measure(*crowds[i], packet, kPopulations[i] + round * kBatch, costs[i]);
        }
    }
    const double alone = median(costs[0].total);
    fmt::print("{:<42}", title);
    for (std::size_t i = 0; i < kPopulations.size(); ++i) {
        const double total = median(costs[i].total);
        fmt::print(" {:>8.1f} ({:.2f})", total, total / alone);
    }
    fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) bench::fail("start it by tools/bench/bench-negotiation, which makes the realm");
    fmt::print(kMethod, kRounds, kBatch);
    compare_with_bare(argv[1]);
    fmt::print("\nMicroseconds of one more, and in brackets its ratio to the first column.\n\n");
    fmt::print("{:<42} {:>8} {:>15} {:>15}\n", "while there are already", 1, 1000, 10000);
    compare_populations("main mode SAs: anonymous, ecp256", {}, packet_of_pair);
    compare_populations("quick modes under one main mode SA: fast", {.per_connection = true},
                        packet_of_connection);
}
