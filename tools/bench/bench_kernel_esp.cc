// What many SAs cost on the kernel path: the time to install them, and per packet beside one SA, in turns
// within one run. bench_kernel_esp.py runs this in a guest, whose kernel has ESP.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "kernel_esp_bed.h"
#include "many_peers.h"
#include "statistics.h"

namespace keyline::bench {
namespace {

constexpr unsigned kMany = 1000;
constexpr int kSample = 100;  // pairs

struct Figures {
    std::vector<double> last, in_turn, round_trip;  // seconds

    void measure(Bed& bed) {
        last.push_back(bed.flood(false));
        in_turn.push_back(bed.flood(true));
        round_trip.push_back(bed.round_trip());
    }
};

struct Row {
    Kind kind;
    std::unique_ptr<Bed> one, many;
    Figures of_one, of_many;
};

double best(const std::vector<double>& values) { return std::ranges::min(values); }

// A figure, and its ratio to another one.
std::string compare(double many, double one, double unit) {
    return fmt::format("{:.1f} {:.2f}", many * unit, many / one);
}

void print(const std::vector<Row>& rows, int rounds) {
    fmt::print(
        "1 peer and {} in turns, each with a pair of SAs ({}) and {} selectors.\n"
        "Best of {} rounds and of {} pairs, with the ratio to 1 SA or to the first pairs.\n\n",
        kMany, policy::EspSuite{}.to_string(), kSelectorsOfPeer, rounds, kSample);
    fmt::print("{:24}{:>10}{:>18}{:>33}{:>19}\n", "", "policy, ms", "pair of SAs, ms", "64-octet packet, us",
               "there and back, us");
    fmt::print("{:24}{:>10}{:>7}{:>11}{:>10}{:>11}{:>12}{:>7}{:>12}\n", "", "", "first", "last", "1 SA",
               "last", "in turn", "1 SA", "last");
    for (const Row& row : rows) {
        if (!row.many) {
            fmt::print("{:24}{:>38.1f}{:>30.1f}\n", name_of(row.kind), best(row.of_one.last) * 1e6,
                       best(row.of_one.round_trip) * 1e6);
            continue;
        }
        const std::vector<double>& pairs = row.many->setup().pairs;
        const std::vector<double> first(pairs.begin(), pairs.begin() + kSample);
        const std::vector<double> last(pairs.end() - kSample, pairs.end());
        fmt::print("{:24}{:>10.0f}{:>7.1f}{:>11}{:>10.1f}{:>11}{:>12}{:>7.1f}{:>12}\n", name_of(row.kind),
                   row.many->setup().policy * 1e3, best(first) * 1e3, compare(best(last), best(first), 1e3),
                   best(row.of_one.last) * 1e6, compare(best(row.of_many.last), best(row.of_one.last), 1e6),
                   compare(best(row.of_many.in_turn), best(row.of_one.last), 1e6),
                   best(row.of_one.round_trip) * 1e6,
                   compare(best(row.of_many.round_trip), best(row.of_one.round_trip), 1e6));
    }
}

}  // namespace
}  // namespace keyline::bench

int main(int argc, char** argv) {
    using namespace keyline::bench;
    if (argc != 2 || std::atoi(argv[1]) < 1) {
        fail("usage: bench_kernel_esp ROUNDS");
    }
    const int rounds = std::atoi(argv[1]);
    std::vector<Row> rows;
    for (const Kind kind : {Kind::kPlain, Kind::kTransport, Kind::kPorts, Kind::kTunnel}) {
        Row row{.kind = kind, .one = std::make_unique<Bed>(kind, 1)};
        if (kind != Kind::kPlain) {
            row.many = std::make_unique<Bed>(kind, kMany);
        }
        rows.push_back(std::move(row));
    }
    for (int round = 0; round < rounds; ++round) {
        for (Row& row : rows) {
            row.of_one.measure(*row.one);
            if (row.many) {
                row.of_many.measure(*row.many);
            }
        }
    }
    for (const Row& row : rows) {
        row.one->check_counts();
        if (row.many) {
            row.many->check_counts();
        }
    }
    print(rows, rounds);
}
