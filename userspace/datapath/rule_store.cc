#include "datapath/rule_store.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "datapath/convert.h"
#include "datapath/selector_table.h"

namespace keyline::datapath {
namespace {

bool equal(const kl_shape& a, const kl_shape& b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

// More bits of the packet count: the SA is narrower.
int specificity(const kl_shape& shape) {
    return shape.local_prefix + shape.remote_prefix + 8 * std::popcount(shape.fields);
}

// Keeps the order of rule.h. False when there is no room.
bool add_shape(kl_rule& rule, const kl_shape& shape) {
    const std::span shapes(rule.shapes);
    const auto place = std::ranges::find_if(
        shapes, [&](const kl_shape& other) { return specificity(other) < specificity(shape); });
    if (std::ranges::any_of(shapes, [&](const kl_shape& other) { return equal(other, shape); })) {
        return true;
    }
    if (shapes.back().fields & KL_SHAPE_USED) {
        return false;
    }
    std::shift_right(place, shapes.end(), 1);
    *place = shape;
    return true;
}

// Of the SAs that the rule asks for under the selector (RFC 4301 4.4.1.2, PFP).
kl_shape wanted_shape(const policy::Rule& rule, const policy::Selector& selector) {
    kl_shape shape = selector_shape(selector);
    const std::uint8_t bits = selector.local.address.is_v4() ? 32 : 128;
    unsigned fields = shape.fields;
    if (rule.populate.local_address) {
        shape.local_prefix = bits;
    }
    if (rule.populate.remote_address) {
        shape.remote_prefix = bits;
    }
    if (rule.populate.protocol) {
        fields |= KL_SHAPE_PROTOCOL;
    }
    if (rule.populate.local_port) {
        fields |= KL_SHAPE_LOCAL_PORT;
    }
    if (rule.populate.remote_port) {
        fields |= KL_SHAPE_REMOTE_PORT;
    }
    if (rule.per_user) {
        fields |= KL_SHAPE_USER;
    }
    shape.fields = static_cast<std::uint8_t>(fields);
    return shape;
}

// A few more may come from peers that propose narrower selectors.
static_assert(policy::kMaxSaShapes <= KL_MAX_SHAPES);

std::string too_many_shapes(std::string_view rule) {
    return "rule \"" + std::string(rule) + "\" has SAs or selectors of more than " +
           std::to_string(KL_MAX_SHAPES) +
           " kinds (prefix lengths, and which of protocol and ports are set): split it into several rules";
}

unsigned discovery_flags(policy::Negotiation negotiation) {
    switch (negotiation) {
        case policy::Negotiation::kRequire:
            return 0;
        case policy::Negotiation::kRequireInbound:
            return KL_RULE_DISCOVER_OUT;
        case policy::Negotiation::kRequest:
            return KL_RULE_DISCOVER_OUT | KL_RULE_DISCOVER_IN;
    }
    return 0;
}

std::expected<kl_rule, std::string> compile(const policy::Rule& rule) {
    kl_rule out{};
    out.action = static_cast<std::uint8_t>(rule.action);
    out.mode = static_cast<std::uint8_t>(rule.mode);
    out.engine = static_cast<std::uint8_t>(rule.engine);
    out.flags = rule.per_user ? KL_RULE_USED | KL_RULE_PER_USER | KL_RULE_HAS_USERS : KL_RULE_USED;
    rule.name.copy(out.name, sizeof(out.name) - 1);
    if (rule.action != policy::RuleAction::kProtect) {
        return out;
    }
    out.flags = static_cast<std::uint8_t>(out.flags | discovery_flags(rule.negotiation));
    for (const policy::Selector& selector : rule.selectors) {
        if (!add_shape(out, wanted_shape(rule, selector))) {
            return std::unexpected(too_many_shapes(rule.name));
        }
    }
    return out;
}

bool discovers(const policy::Rule& rule) {
    return rule.action == policy::RuleAction::kProtect && rule.negotiation != policy::Negotiation::kRequire;
}

bool is_auth_firewall(const policy::Rule& rule) {
    return rule.action == policy::RuleAction::kProtect && rule.mode == policy::Mode::kAuthenticatedFirewall;
}

// SAs outlive a change of policy, so the shapes that lead to them stay where there is room.
void keep_shapes(kl_rule& next, const kl_rule& running) {
    next.flags |= running.flags & KL_RULE_KERNEL;
    for (const kl_shape& shape : running.shapes) {
        if ((shape.fields & KL_SHAPE_USED) && add_shape(next, shape) && (shape.fields & KL_SHAPE_USER)) {
            next.flags |= KL_RULE_HAS_USERS;
        }
    }
}

}  // namespace

std::expected<RuleStore, std::string> RuleStore::open(const Pins& pins, kl_config& config) {
    RuleStore store(config);
    auto selectors = bpfmap::Map::open_pinned(pins.path("kl_selectors"));
    auto rules = bpfmap::Map::open_pinned(pins.path("kl_rules"));
    if (!selectors) {
        return std::unexpected(selectors.error());
    }
    if (!rules) {
        return std::unexpected(rules.error());
    }
    auto mapped = bpfmap::MappedArray<kl_rule>::map(*rules, true);
    if (!mapped) {
        return std::unexpected(pins.path("kl_rules") + ": " + mapped.error());
    }
    store.selectors_ = std::move(*selectors);
    store.rules_ = std::move(*mapped);
    return store;
}

std::expected<void, std::string> RuleStore::apply(const policy::Policy& policy) {
    std::vector<kl_rule> next(KL_MAX_RULES);
    for (const policy::Rule& rule : policy.rules) {
        auto compiled = compile(rule);
        if (!compiled) {
            return std::unexpected(compiled.error());
        }
        keep_shapes(*compiled, rules_[rule.id]);
        next[rule.id] = *compiled;
    }
    // New rules, then the table that leads to them, then the settings and the generation, and only then away
    // with rules that nothing leads to.
    for (std::uint32_t id = 1; id < next.size(); ++id) {
        if (next[id].flags & KL_RULE_USED) {
            write(id, next[id]);
        }
    }
    if (const auto swapped = swap_table(policy); !swapped) {
        return swapped;
    }
    kl_config& config = config_;
    config.default_action = static_cast<std::uint8_t>(policy.host.default_action);
    config.ike_port = policy.host.port;
    config.nat_port = policy.host.nat_port;
    config.hold = policy.datapath.hold ? 1 : 0;
    config.discovery = std::ranges::any_of(policy.rules, discovers) ? 1 : 0;
    config.auth_firewall = std::ranges::any_of(policy.rules, is_auth_firewall) ? 1 : 0;
    config.acquire_interval_ms = static_cast<std::uint32_t>(policy.datapath.acquire_interval.count());
    retire_flows();
    for (std::uint32_t id = 1; id < next.size(); ++id) {
        write(id, next[id]);
    }
    return {};
}

std::expected<void, std::string> RuleStore::swap_table(const policy::Policy& policy) {
    std::vector<RuleSelector> selectors;
    std::uint32_t precedence = 0;
    for (const policy::Rule& rule : policy.rules) {
        for (const policy::Selector& selector : rule.selectors) {
            selectors.push_back({selector, rule.id, precedence});
        }
        ++precedence;
    }
    const std::vector<TableCell> cells = compile_selectors(selectors);
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
    const bpfmap::Map table(bpf_map_create(BPF_MAP_TYPE_ARRAY, "kl_cells", sizeof(std::uint32_t),
                                           sizeof(TableCell), static_cast<std::uint32_t>(cells.size()),
                                           &options));
    if (table.fd() < 0) {
        return std::unexpected("cannot make a selector table of " +
                               std::to_string(cells.size() * sizeof(TableCell)) +
                               " octets: " + std::strerror(errno));
    }
    const auto memory = bpfmap::MappedArray<TableCell>::map(table, true);
    if (!memory) {
        return std::unexpected("cannot map the selector table: " + memory.error());
    }
    std::memcpy(&(*memory)[0], cells.data(), cells.size() * sizeof(TableCell));
    const std::uint32_t fd = static_cast<std::uint32_t>(table.fd());
    if (const auto updated = selectors_.update(std::uint32_t{0}, fd); !updated) {
        return std::unexpected("cannot swap the selector table: " + updated.error());
    }
    return {};
}

std::expected<kl_shape, std::string> RuleStore::shape_for(std::uint32_t rule,
                                                          const policy::Selector& selector, bool of_user) {
    if (rule >= rules_.size()) {
        return std::unexpected("no rule has the id " + std::to_string(rule));
    }
    kl_shape shape = selector_shape(selector);
    kl_rule next = rules_[rule];
    if (of_user || (next.flags & KL_RULE_PER_USER)) {
        shape.fields |= KL_SHAPE_USER;
        next.flags |= KL_RULE_HAS_USERS;
    }
    if (!add_shape(next, shape)) {
        return std::unexpected(too_many_shapes(next.name));
    }
    write(rule, next);
    return shape;
}

void RuleStore::note_kernel(std::uint32_t rule) {
    kl_rule next = rules_[rule];
    next.flags |= KL_RULE_KERNEL;
    write(rule, next);
}

void RuleStore::retire_flows() { __atomic_add_fetch(&config_.get().policy_generation, 1, __ATOMIC_RELEASE); }

void RuleStore::write(std::uint32_t id, const kl_rule& rule) {
    if (std::memcmp(&rules_[id], &rule, sizeof(rule)) != 0) {
        rules_[id] = rule;
    }
}

}  // namespace keyline::datapath
