#include "datapath/view.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bpfmap/bpf_map.h"
#include "datapath/clock.h"
#include "datapath/convert.h"

namespace keyline::datapath {
namespace {

constexpr std::uint64_t kHeartbeatLimit = 3'000'000'000;  // nanoseconds

}  // namespace

const ReasonText& describe(kl_reason reason) {
#define X(identifier, name, cause, remedy) {name, cause, remedy},
    static constexpr ReasonText kTexts[] = {KL_REASONS(X)};
#undef X
    return kTexts[reason];
}

bool worker_alive(const kl_config& config) {
    return config.worker_heartbeat != 0 &&
           monotonic_nanoseconds() - config.worker_heartbeat < kHeartbeatLimit;
}

policy::SadEntry SaView::entry() const { return from_kl(sa); }

struct View::Maps {
    bpfmap::Map config, ports, rules, flows, connections, sas, state, counters, worker_counters;
};

View::View(std::unique_ptr<Maps> maps) : maps_(std::move(maps)) {}
View::View(View&&) noexcept = default;
View& View::operator=(View&&) noexcept = default;
View::~View() = default;

std::expected<View, std::string> View::open(const std::string& instance, const std::string& pin_root) {
    auto maps = std::make_unique<Maps>();
    const std::string directory = pin_root + "/" + instance + "/";
    for (const auto& [name, map] :
         {std::pair{"kl_config", &maps->config}, std::pair{"kl_ports", &maps->ports},
          std::pair{"kl_rules", &maps->rules}, std::pair{"kl_flows", &maps->flows},
          std::pair{"kl_connections", &maps->connections}, std::pair{"kl_sas", &maps->sas},
          std::pair{"kl_sa_state", &maps->state}, std::pair{"kl_counters", &maps->counters},
          std::pair{"kl_worker_counters", &maps->worker_counters}}) {
        auto opened = bpfmap::Map::open_pinned(directory + name);
        if (!opened) {
            return std::unexpected("cannot read the maps of instance \"" + instance + "\" (" +
                                   opened.error() + "): is keylined running, and are you root?");
        }
        *map = std::move(*opened);
    }
    View view(std::move(maps));
    if (const std::uint32_t version = view.config().version; version != KL_CONTRACT_VERSION) {
        return std::unexpected("the maps of instance \"" + instance +
                               "\" are of another version of Keyline (" + std::to_string(version) + ", not " +
                               std::to_string(KL_CONTRACT_VERSION) +
                               "): use the keyline that belongs to the keylined that runs");
    }
    return view;
}

std::vector<SaView> View::sas() const {
    std::vector<SaView> found;
    maps_->sas.for_each_key<std::uint32_t>([&](std::uint32_t index) {
        const auto sa = maps_->sas.lookup<kl_sa>(index);
        const auto state = maps_->state.lookup<kl_sa_state>(index);
        // Another epoch: the index is changing hands.
        if (sa && state && state->epoch == sa->epoch) {
            found.push_back({.index = index,
                             .sa = *sa,
                             .sequence = state->sequence,
                             .packets = state->packets,
                             .octets = state->octets,
                             .errors = state->errors,
                             .replay = state->replay,
                             .icv = state->icv,
                             .selector = state->selector,
                             .last_used = state->last_used,
                             .soft_expired = (state->flags & KL_SA_SOFT_EXPIRED) != 0,
                             .hard_expired = (state->flags & KL_SA_HARD_EXPIRED) != 0});
        }
        return true;
    });
    std::ranges::sort(found, {}, &SaView::index);
    return found;
}

std::vector<FlowView> View::flows(std::size_t limit) const {
    const std::uint32_t generation = config().policy_generation;
    std::vector<FlowView> found;
    if (limit == 0) {
        return found;
    }
    maps_->flows.for_each_key<kl_flow_key>([&](const kl_flow_key& key) {
        if (const auto flow = maps_->flows.lookup<kl_flow>(key)) {
            kl_tuple connection_key{};
            kl_make_connection_key(&connection_key, &key.tuple);
            const auto connection = maps_->connections.lookup<kl_connection>(connection_key);
            found.push_back({.key = key,
                             .flow = *flow,
                             .current = flow->generation == generation,
                             .secure = connection && (connection->flags & KL_CONNECTION_SECURE) != 0});
        }
        return found.size() < limit;
    });
    return found;
}

std::vector<PortView> View::ports() const {
    std::vector<PortView> found;
    for (std::uint32_t index = 0; index < KL_MAX_PORTS; ++index) {
        const auto port = maps_->ports.lookup<kl_port>(index);
        if (port && port->role != KL_PORT_NONE) {
            found.push_back({.index = index, .port = *port});
        }
    }
    return found;
}

Counters View::counters() const {
    Counters counters;
    const int cpus = libbpf_num_possible_cpus();
    std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(std::max(cpus, 1)));
    for (std::uint32_t reason = 0; reason < KL_REASON_COUNT; ++reason) {
        if (maps_->counters.lookup_octets(&reason, per_cpu.data())) {
            for (const std::uint64_t count : per_cpu) {
                counters.kernel[reason] += count;
            }
        }
    }
    for (std::uint32_t worker = 0; worker < KL_MAX_WORKERS; ++worker) {
        const auto counted = maps_->worker_counters.lookup<kl_worker_counters>(worker);
        if (!counted) {
            continue;
        }
        for (std::size_t reason = 0; reason < KL_REASON_COUNT; ++reason) {
            counters.fastpath[reason] += counted->by_reason[reason];
        }
    }
    return counters;
}

WorkerStatus View::worker() const {
    const kl_config now = config();
    return {.alive = worker_alive(now),
            .pid = now.worker_pid,
            .engine = static_cast<kl_crypto_engine>(now.worker_engine)};
}

kl_config View::config() const {
    return maps_->config.lookup<kl_config>(std::uint32_t{0}).value_or(kl_config{});
}

std::optional<kl_rule> View::rule(std::uint32_t id) const {
    const auto rule = maps_->rules.lookup<kl_rule>(id);
    return rule && (rule->flags & KL_RULE_USED) != 0 ? rule : std::nullopt;
}

}  // namespace keyline::datapath
