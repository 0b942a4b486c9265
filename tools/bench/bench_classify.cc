// What it costs to classify a packet, by the number of selectors in the policy: the kernel's own lookup, run
// by BPF_PROG_TEST_RUN over a table of tuples, with the cost of the empty loop taken off.
#include "bench_classify.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "bench_classify.skel.h"
#include "bpfmap/bpf_map.h"
#include "datapath/convert.h"
#include "datapath/datapath.h"
#include "statistics.h"

namespace keyline::bench {
namespace {

using datapath::Datapath;

constexpr int kRuns = 9;
constexpr std::uint32_t kHotTuples = 64;  // fit every cache

// A network namespace and pins of its own, gone when it goes.
class Scratch {
  public:
    Scratch() {
        if (::geteuid() != 0) {
            fail("loading BPF programs needs root: run it with sudo");
        }
        if (::unshare(CLONE_NEWNET) != 0) {
            fail("cannot make a network namespace");
        }
        options.instance = "bench";
        options.pin_root = "/sys/fs/bpf/keyline-bench-" + std::to_string(::getpid());
        datapath.emplace(need(Datapath::open(options)));
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        datapath.reset();
        (void)Datapath::purge(options.instance, options.pin_root);
        std::error_code ignored;
        std::filesystem::remove(options.pin_root, ignored);
    }

    datapath::Options options;
    std::optional<Datapath> datapath;
};

class Program {
  public:
    explicit Program(const std::string& pins) {
        LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = pins.c_str());
        skeleton_ = bench_classify_bpf__open_opts(&options);
        if (skeleton_ == nullptr) {
            fail("cannot open the benchmark's program");
        }
        // The instance's maps have sizes of their own.
        for (bpf_map* map : {skeleton_->maps.kl_flows, skeleton_->maps.kl_sas, skeleton_->maps.kl_slots}) {
            const auto present = bpfmap::Map::open_pinned(pins + "/" + bpf_map__name(map));
            if (present) {
                bpf_map__set_max_entries(map, present->max_entries());
            }
        }
        if (bench_classify_bpf__load(skeleton_) != 0) {
            fail("cannot load the benchmark's program");
        }
        tuples_ = bpfmap::Map(::dup(bpf_map__fd(skeleton_->maps.bench_tuples)));
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() { bench_classify_bpf__destroy(skeleton_); }

    void set_tuples(const std::vector<kl_tuple>& tuples) {
        for (std::uint32_t i = 0; i < tuples.size(); ++i) {
            need(tuples_.update(i, tuples[i]));
        }
    }

    // Median nanoseconds per step, of kRuns runs.
    double measure(bench_what what, std::uint32_t distinct) {
        skeleton_->bss->bench_what = what;
        skeleton_->bss->bench_distinct = distinct;
        run();  // warms caches and, for flows, fills the table
        std::vector<double> nanoseconds;
        for (int i = 0; i < kRuns; ++i) {
            nanoseconds.push_back(run());
        }
        return median(std::move(nanoseconds));
    }

    double matched_share() const {
        return static_cast<double>(skeleton_->bss->bench_matched) / BENCH_LOOKUPS;
    }

  private:
    double run() {
        skeleton_->bss->bench_matched = 0;
        std::array<std::uint8_t, 64> frame{};
        LIBBPF_OPTS(bpf_test_run_opts, test, .data_in = frame.data(),
                    .data_size_in = static_cast<std::uint32_t>(frame.size()), .repeat = 1);
        if (bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.bench_run), &test) != 0) {
            fail("the kernel does not run the benchmark's program");
        }
        return static_cast<double>(test.duration) / BENCH_LOOKUPS;
    }

    bench_classify_bpf* skeleton_ = nullptr;
    bpfmap::Map tuples_;
};

// Selectors of eight kinds, spread evenly over 10.0.0.0/8, and packets three quarters of which one of them
// covers.
class Load {
  public:
    explicit Load(std::uint32_t count) {
        const std::uint32_t rules = std::min(count, policy::kMaxRules);
        policy_.rules.resize(rules);
        for (std::uint32_t i = 0; i < rules; ++i) {
            policy_.rules[i].id = i + 1;
            policy_.rules[i].name = std::to_string(i + 1);
            policy_.rules[i].action = policy::RuleAction::kBypass;
        }
        selectors_.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            selectors_.push_back(selector(i));
            policy_.rules[i % rules].selectors.push_back(selectors_.back());
        }
    }

    const policy::Policy& policy() const { return policy_; }

    std::vector<kl_tuple> tuples() {
        std::vector<kl_tuple> tuples;
        for (std::uint32_t i = 0; i < BENCH_TUPLES; ++i) {
            const policy::Selector& inside = selectors_[random_() % selectors_.size()];
            const bool stray = i % 4 == 3;
            tuples.push_back(datapath::to_kl(policy::PacketTuple{
                .local = stray ? address(32) : inside.local.address,
                .remote = stray ? address(32) : inside.remote.address,
                .protocol = inside.protocol != 0 ? inside.protocol : std::uint8_t{17},
                .local_port = static_cast<std::uint16_t>(i),
                .remote_port = inside.remote_port != 0 ? inside.remote_port : std::uint16_t{443}}));
        }
        return tuples;
    }

  private:
    IpAddress address(unsigned length) {
        const std::uint32_t bits = random_();
        const std::uint8_t octets[] = {10, static_cast<std::uint8_t>(bits),
                                       static_cast<std::uint8_t>(bits >> 8),
                                       static_cast<std::uint8_t>(bits >> 16)};
        return IpAddress::from_octets(octets)->masked(length);
    }

    policy::Selector selector(std::uint32_t i) {
        static constexpr std::array<std::array<std::uint8_t, 2>, 4> kPrefixes{
            {{32, 32}, {24, 32}, {32, 24}, {24, 24}}};
        const auto& [local, remote] = kPrefixes[i % kPrefixes.size()];
        policy::Selector selector{.local = {address(local), local}, .remote = {address(remote), remote}};
        if (i / kPrefixes.size() % 2 == 1) {
            selector.protocol = 6;
            selector.remote_port = 443;
        }
        return selector;
    }

    std::mt19937 random_{1};
    policy::Policy policy_;
    std::vector<policy::Selector> selectors_;
};

struct Row {
    std::uint32_t selectors;
    double hot, cycling, flow_hot, flow_cycling;
};

void print(const std::vector<Row>& rows) {
    fmt::print("Nanoseconds per packet, median of {} runs of {} lookups; the empty loop is taken off.\n",
               kRuns, BENCH_LOOKUPS);
    fmt::print(
        "Selectors of 8 kinds (prefix lengths, protocol and port) spread over 10.0.0.0/8; a quarter of the\n"
        "packets match none. hot: {} flows in turn; cycling: {} flows in turn.\n\n",
        kHotTuples, BENCH_TUPLES / 4);
    fmt::print("{:>10} {:>26} {:>26}\n", "", "selector lookup", "flow-table hit");
    fmt::print("{:>10} {:>12} {:>13} {:>12} {:>13}\n", "selectors", "hot", "cycling", "hot", "cycling");
    for (const Row& row : rows) {
        fmt::print("{:10} {:12.1f} {:13.1f} {:12.1f} {:13.1f}\n", row.selectors, row.hot, row.cycling,
                   row.flow_hot, row.flow_cycling);
    }
    fmt::print(
        "\n100,000 selectors cost {:.2f} times what 1,000 cost (hot; to reach: at most 2), {:.2f} times "
        "cycling.\n",
        rows[2].hot / rows[1].hot, rows[2].cycling / rows[1].cycling);
    const double hit = std::ranges::max(rows, {}, &Row::flow_hot).flow_hot;
    fmt::print("A flow-table hit costs at most {:.1f} ns hot (to reach: less than 30).\n", hit);
}

}  // namespace
}  // namespace keyline::bench

int main() {
    using namespace keyline::bench;
    Scratch scratch;
    Program program(scratch.options.pin_root + "/" + scratch.options.instance);
    std::vector<Row> rows;
    for (const std::uint32_t count : {1U, 1'000U, 100'000U, 1'000'000U}) {
        fmt::print(stderr, "building {} selectors\n", count);
        Load load(count);
        need(scratch.datapath->apply(load.policy()));
        program.set_tuples(load.tuples());
        const double empty = program.measure(BENCH_NOTHING, kHotTuples);
        const double empty_cycling = program.measure(BENCH_NOTHING, BENCH_TUPLES / 4);
        Row row{.selectors = count};
        row.hot = program.measure(BENCH_CLASSIFY, kHotTuples) - empty;
        if (program.matched_share() < 0.5) {
            fail("lookups did not find what they should");
        }
        row.cycling = program.measure(BENCH_CLASSIFY, BENCH_TUPLES / 4) - empty_cycling;
        row.flow_hot = program.measure(BENCH_DECIDE, kHotTuples) - empty;
        row.flow_cycling = program.measure(BENCH_DECIDE, BENCH_TUPLES / 4) - empty_cycling;
        rows.push_back(row);
    }
    print(rows);
}
