#include "datapath/datapath.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

#include "bpfmap/bpf_map.h"
#include "datapath/clock.h"
#include "datapath/convert.h"
#include "datapath/cookie_store.h"
#include "datapath/event_ring.h"
#include "datapath/handover_pair.h"
#include "datapath/kernel_engine.h"
#include "datapath/netlink.h"
#include "datapath/pins.h"
#include "datapath/ports.h"
#include "datapath/programs.h"
#include "datapath/rule_store.h"
#include "datapath/sa_store.h"
#include "datapath/user_marks.h"
#include "datapath/xfrm_share.h"

namespace keyline::datapath {
namespace {

// Interface names have 15 letters, and the handover pair's take four of them (handover_pair.h).
constexpr std::size_t kMaxInstanceName = 11;

bool is_instance_name(const std::string& name) {
    return !name.empty() && name.size() <= kMaxInstanceName &&
           std::ranges::all_of(
               name, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '-'; });
}

// A new instance blocks what no rule covers until its policy has been applied.
void fill_new_config(kl_config& config) {
    if (config.version == KL_CONTRACT_VERSION) {
        return;
    }
    config.policy_generation = 1;
    config.default_action = KL_ACTION_BLOCK;
    config.acquire_interval_ms = 1000;
    config.ike_port = 500;
    config.nat_port = 4500;
    config.version = KL_CONTRACT_VERSION;
}

void remove_kernel_sas(const Pins& pins, KernelEngine kernel) {
    const auto sas = pins.map("kl_sas");
    kernel.remove_all();
    if (!sas) {
        return;
    }
    sas->for_each_key<std::uint32_t>([&](std::uint32_t index) {
        const auto sa = sas->lookup<kl_sa>(index);
        if (sa && sa->engine == KL_ENGINE_KERNEL) {
            kernel.remove(from_kl(*sa), index);
        }
        return true;
    });
}

}  // namespace

// In the order of dependence: later members refer to earlier ones, so a State stays where it was made.
struct Datapath::State {
    std::string instance;
    Pins pins;
    std::optional<Netlink> netlink;
    std::optional<Programs> programs;
    bpfmap::MappedArray<kl_config> config;
    std::optional<RuleStore> rules;
    std::optional<SaStore> sas;
    std::optional<CookieStore> cookies;
    std::optional<Ports> ports;
    std::optional<EventRing> events;
    bpfmap::Map acquires;
    std::optional<View> view;

    explicit State(const Options& options)
        : instance(options.instance), pins(options.pin_root, options.instance) {}

    std::expected<void, std::string> open(const Options& options);
    void restore_handover(std::vector<std::string>& told);
};

namespace {

// Puts an opened part in its place; the error is handed on.
template <typename Place, typename Part>
std::expected<void, std::string> keep(Place& place, std::expected<Part, std::string>&& part) {
    if (!part) {
        return std::unexpected(std::move(part.error()));
    }
    place = std::move(*part);
    return {};
}

}  // namespace

std::expected<void, std::string> Datapath::State::open(const Options& options) {
    using Done = std::expected<void, std::string>;
    bpfmap::Map config_map, event_map;
    std::optional<UserMarks> marks;
    unsigned share = 0;
    HandoverPair pair;
    const std::function<Done()> steps[] = {
        [&] { return pins.prepare(); },
        [&] { return keep(netlink, Netlink::open()); },
        [&] { return keep(programs, Programs::load(pins, options)); },
        [&] { return keep(config_map, bpfmap::Map::open_pinned(pins.path("kl_config"))); },
        [&] { return keep(config, bpfmap::MappedArray<kl_config>::map(config_map, true)); },
        [&] { return fill_new_config(config[0]), Done(); },
        [&] { return keep(rules, RuleStore::open(pins, config[0])); },
        [&] { return keep(marks, UserMarks::open(pins, *programs)); },
        [&] { return keep(share, claim_xfrm_share(pins, config[0])); },
        [&] {
            return keep(
                sas, SaStore::open(pins, config[0], *rules, KernelEngine(*netlink, options.instance, share),
                                   std::move(*marks)));
        },
        [&] { return keep(cookies, CookieStore::open(pins)); },
        [&] { return keep(event_map, bpfmap::Map::open_pinned(pins.path("kl_events"))); },
        [&] { return keep(events, EventRing::open(std::move(event_map))); },
        [&] { return keep(acquires, bpfmap::Map::open_pinned(pins.path("kl_acquires"))); },
        [&] { return keep(view, View::open(options.instance, options.pin_root)); },
        [&] { return keep(ports, Ports::open(pins, config[0], *programs, *netlink)); },
        [&] { return keep(pair, make_handover_pair(*netlink, options.instance)); },
        [&] { return ports->attach_handover(pair); },
    };
    for (const auto& step : steps) {
        if (const Done done = step(); !done) {
            return done;
        }
    }
    return {};
}

void Datapath::State::restore_handover(std::vector<std::string>& told) {
    const std::string name = handover_near_name(instance);
    if (netlink->link(name)) {
        return;
    }
    const auto pair = make_handover_pair(*netlink, instance);
    const auto attached = pair ? ports->attach_handover(*pair) : std::unexpected(pair.error());
    told.push_back(attached ? name + " had gone: made again" : attached.error());
}

Datapath::Datapath(std::unique_ptr<State> state) : state_(std::move(state)) {}
Datapath::Datapath(Datapath&&) noexcept = default;
Datapath& Datapath::operator=(Datapath&&) noexcept = default;
Datapath::~Datapath() = default;

std::expected<Datapath, std::string> Datapath::open(const Options& options) {
    if (!is_instance_name(options.instance)) {
        return std::unexpected("\"" + options.instance + "\" is no instance name: use 1 to " +
                               std::to_string(kMaxInstanceName) + " letters, digits or '-'");
    }
    auto state = std::make_unique<State>(options);
    if (const auto opened = state->open(options); !opened) {
        return std::unexpected(opened.error());
    }
    // New programs take over from a predecessor's. An interface that has gone meanwhile is told by
    // refresh_ports().
    state->ports->refresh();
    return Datapath(std::move(state));
}

std::expected<void, std::string> Datapath::purge(const std::string& instance, const std::string& pin_root) {
    const Pins pins(pin_root, instance);
    const auto netlink = Netlink::open();
    if (!netlink) {
        return std::unexpected(netlink.error());
    }
    Ports::remove_all(pins, *netlink);
    if (const auto share = find_xfrm_share(pins)) {
        remove_kernel_sas(pins, KernelEngine(*netlink, instance, *share));
    }
    remove_handover_pair(*netlink, instance);
    pins.remove();
    return {};
}

std::expected<void, std::string> Datapath::attach(const std::string& interface, policy::InterfaceRole role) {
    return state_->ports->attach(interface, role);
}

std::expected<void, std::string> Datapath::detach(const std::string& interface) {
    return state_->ports->detach(interface);
}

std::vector<std::string> Datapath::refresh_ports() { return state_->ports->refresh(); }

std::vector<std::string> Datapath::restore_interfaces(std::optional<std::uint32_t> gone) {
    std::vector<std::string> told = state_->sas->restore_interfaces(gone);
    if (!gone || *gone == state_->config[0].handover_ifindex) {
        state_->restore_handover(told);
    }
    return told;
}

std::expected<ForeignXfrm, std::string> Datapath::foreign_xfrm(const policy::Policy& policy) const {
    return find_foreign_xfrm(policy);
}

std::expected<void, std::string> Datapath::check_engines(const policy::Policy& policy) {
    for (const policy::Rule& rule : policy.rules) {
        if (rule.action != policy::RuleAction::kProtect || rule.engine != policy::Engine::kKernel) continue;
        if (rule.per_user) {
            if (const auto ready = state_->sas->admit_users(); !ready) {
                return std::unexpected("rule \"" + rule.name + "\": " + ready.error());
            }
        }
        for (const policy::Selector& selector : rule.selectors) {
            const Family outer = rule.tunnel ? rule.tunnel->local.family() : selector.family();
            if (const auto ready =
                    state_->sas->kernel_esp(outer, rule.negotiation != policy::Negotiation::kRequire);
                !ready) {
                return std::unexpected("rule \"" + rule.name + "\": " + ready.error());
            }
        }
    }
    return {};
}

std::expected<void, std::string> Datapath::apply(const policy::Policy& policy) {
    return state_->rules->apply(policy);
}

std::vector<std::string> Datapath::change_engines(const policy::Policy& policy) {
    return state_->sas->follow(policy);
}

std::expected<void, std::string> Datapath::install(const policy::SadEntry& entry) {
    return state_->sas->install(entry);
}

bool Datapath::remove(policy::Direction direction, std::uint32_t spi, const IpAddress& remote) {
    return state_->sas->remove(direction, spi, remote);
}

std::expected<void, std::string> Datapath::move(policy::Direction direction, std::uint32_t spi,
                                                const IpAddress& from, const Endpoint& to) {
    return state_->sas->move(direction, spi, from, to);
}

std::vector<policy::SadEntry> Datapath::adopted() const {
    std::vector<policy::SadEntry> entries;
    for (const SaView& sa : state_->view->sas()) {
        entries.push_back(sa.entry());
    }
    return entries;
}

void Datapath::release(std::uint32_t rule, const policy::PacketTuple& packet, std::uint32_t user) {
    const kl_tuple tuple = to_kl(packet);
    const kl_shape shape = state_->rules->first_shape(rule);
    kl_slot_key key;
    kl_make_slot_key(&key, rule, user, &tuple, &shape);
    key.user = user;
    // Full or not, the map takes it: it is an LRU.
    (void)state_->acquires.update(key, monotonic_nanoseconds());
}

void Datapath::set_dos_protection(bool active, const Secret& current, const Secret& previous) {
    state_->cookies->set(active, current, previous);
}

int Datapath::event_fd() const { return state_->events->fd(); }

std::vector<Event> Datapath::drain() {
    std::vector<Event> events;
    for (const kl_event& event : state_->events->drain()) {
        const policy::PacketTuple packet = from_kl(event.tuple);
        if (event.kind == KL_EVENT_ACQUIRE) {
            // The SA may have come up since.
            if (state_->sas->serves(event.rule, event.tuple, event.user)) continue;
            events.push_back(
                AcquireRaised{.rule = event.rule, .packet = packet, .impersonation_handle = event.user});
        } else if (event.kind == KL_EVENT_NEIGHBOUR) {
            // A failure shows in the counter of dropped packets, and the next packet asks again.
            (void)state_->netlink->resolve(event.ifindex, packet.remote);
            events.push_back(NeighbourWanted{.ifindex = event.ifindex, .next_hop = packet.remote});
        } else if (event.kind == KL_EVENT_STRAY_ESP) {
            events.push_back(StrayEspSeen{.local = packet.local, .remote = packet.remote});
        }
    }
    return events;
}

SaEvents Datapath::sa_events() { return state_->sas->events(); }

std::vector<SaSilence> Datapath::quiet() { return state_->sas->quiet(); }

void Datapath::read_kernel_sas() { state_->sas->read_kernel(); }

const View& Datapath::view() const { return *state_->view; }

}  // namespace keyline::datapath
