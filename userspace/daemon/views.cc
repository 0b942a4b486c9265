#include "daemon/views.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <tuple>
#include <unordered_map>

#include "auth/sec_status.h"
#include "daemon/engine_view.h"
#include "daemon/report_json.h"
#include "daemon/report_text.h"
#include "policy/protocol.h"

namespace keyline::daemon {
namespace {

using exchange::MmSnapshot;
using exchange::QmSnapshot;
using policy::Direction;

// Rules by id: there may be 65535 of them, and an SA or flow for each.
class Rules {
  public:
    explicit Rules(const policy::Policy& policy) {
        for (const policy::Rule& rule : policy.rules)
            by_id_.emplace(rule.id, &rule);
    }

    std::string name(std::uint32_t id) const {
        const policy::Rule* rule = find(id);
        return rule != nullptr ? rule->name : fmt::format("{} (no longer in the configuration)", id);
    }
    // Null when there is none.
    const policy::Rule* find(std::uint32_t id) const {
        const auto found = by_id_.find(id);
        return found != by_id_.end() ? found->second : nullptr;
    }

  private:
    std::unordered_map<std::uint32_t, const policy::Rule*> by_id_;
};

// Quick modes by one of their SAs.
class QuickModes {
  public:
    explicit QuickModes(const std::vector<QmSnapshot>& quick_modes) {
        for (const QmSnapshot& qm : quick_modes) {
            by_sa_.emplace(Key{Direction::kInbound, qm.inbound_spi, qm.remote}, &qm);
            by_sa_.emplace(Key{Direction::kOutbound, qm.outbound_spi, qm.remote}, &qm);
        }
    }

    const QmSnapshot* find(const policy::SadEntry& entry) const {
        const auto found = by_sa_.find(Key{entry.direction, entry.spi, entry.remote});
        return found != by_sa_.end() ? found->second : nullptr;
    }

  private:
    using Key = std::tuple<Direction, std::uint32_t, IpAddress>;
    std::map<Key, const QmSnapshot*> by_sa_;
};

const char* direction_name(Direction direction) { return direction == Direction::kInbound ? "in" : "out"; }

// Zero means that there is no such limit: null.
Json limit(std::uint64_t value) { return value != 0 ? Json(value) : Json(nullptr); }

std::string tuple_address(const kl_address& address, unsigned family) {
    const ByteView octets(address.octets, family == KL_FAMILY_V4 ? 4 : 16);
    return IpAddress::from_octets(octets).value_or(IpAddress{}).to_string();
}

const char* action_name(unsigned action) {
    switch (action) {
        case KL_ACTION_PROTECT:
            return "protect";
        case KL_ACTION_BLOCK:
            return "block";
        default:
            return "bypass";
    }
}

Json sa_json(Direction direction, std::uint32_t spi, std::uint32_t twin, const IpAddress& local,
             const IpAddress& remote, policy::Mode mode, const policy::Selector& selector,
             const policy::EspSuite& suite, const std::string& peer, const std::string& rule) {
    return {{"direction", direction_name(direction)},
            {"spi", spi_text(spi)},
            {"twin_spi", spi_text(twin)},
            {"local", local.to_string()},
            {"remote", remote.to_string()},
            {"mode", policy::to_string(mode)},
            {"selector", selector.to_string()},
            {"suite", suite.to_string()},
            {"peer", peer},
            {"rule", rule}};
}

// "current", "superseded" (a newer one has taken over), "expiring" or "expired" (past a soft or hard limit),
// "orphan" (in the maps, but unknown to the keyer).
const char* state_of(const datapath::SaView& sa, const QmSnapshot* quick_mode) {
    if (sa.hard_expired) return "expired";
    if (quick_mode == nullptr) return "orphan";
    if (quick_mode->superseded) return "superseded";
    return sa.soft_expired ? "expiring" : "current";
}

Json lifetime_json(const kl_sa& sa) {
    const auto now = static_cast<std::uint64_t>(std::time(nullptr));
    return {{"age_seconds", now > sa.installed ? now - sa.installed : 0},
            {"soft_seconds", limit(sa.soft_seconds)},
            {"hard_seconds", limit(sa.hard_seconds)},
            {"soft_octets", limit(sa.soft_octets)},
            {"hard_octets", limit(sa.hard_octets)},
            {"soft_packets", limit(sa.soft_packets)},
            {"hard_packets", limit(sa.hard_packets)}};
}

Json failed_methods_json(const std::vector<exchange::MethodFailed>& failures) {
    Json list = Json::array();
    for (const exchange::MethodFailed& failure : failures) {
        list.push_back({{"method", auth::to_string(failure.method)},
                        {"by", to_string(failure.by)},
                        {"status", failure.status},
                        {"status_name", std::string(auth::sec_status_name(failure.status))},
                        {"reason", failure.reason}});
    }
    return list;
}

}  // namespace

Json sas_json(const datapath::View& view, const std::vector<QmSnapshot>& quick_modes,
              const policy::Policy& policy) {
    const std::vector<datapath::PortView> ports = view.ports();
    const datapath::WorkerStatus worker = view.worker();
    const Rules rules(policy);
    const QuickModes by_sa(quick_modes);
    Json sas = Json::array();
    for (const datapath::SaView& sa : view.sas()) {
        const policy::SadEntry entry = sa.entry();
        const QmSnapshot* const quick_mode = by_sa.find(entry);
        Json json = sa_json(entry.direction, entry.spi, entry.twin_spi, entry.local, entry.remote, entry.mode,
                            entry.selector, entry.suite, entry.peer, rules.name(entry.rule));
        json["state"] = state_of(sa, quick_mode);
        json["adopted"] = quick_mode != nullptr && quick_mode->adopted;
        json.update(engine_json(rules.find(entry.rule), sa.sa, ports, worker));
        json.update(
            {{"packets", sa.packets},
             {"octets", sa.octets},
             {"errors", sa.errors},
             {"errors_by_reason", {{"replay", sa.replay}, {"icv", sa.icv}, {"selector", sa.selector}}},
             {"sequence", sa.sequence},
             {"esn", entry.esn},
             {"replay_window",
              entry.direction == Direction::kInbound ? Json(entry.replay_window) : Json(nullptr)}});
        if (entry.encapsulation.local_port != 0) {
            json["udp_encapsulation"] = {{"local_port", entry.encapsulation.local_port},
                                         {"remote_port", entry.encapsulation.remote_port}};
        }
        json["lifetime"] = lifetime_json(sa.sa);
        sas.push_back(std::move(json));
    }
    return sas;
}

Json sas_json(const std::vector<QmSnapshot>& quick_modes, const policy::Policy& policy) {
    const Rules rules(policy);
    Json sas = Json::array();
    for (const QmSnapshot& qm : quick_modes) {
        for (const Direction direction : {Direction::kInbound, Direction::kOutbound}) {
            const bool inbound = direction == Direction::kInbound;
            Json json = sa_json(direction, inbound ? qm.inbound_spi : qm.outbound_spi,
                                inbound ? qm.outbound_spi : qm.inbound_spi, qm.local, qm.remote, qm.mode,
                                qm.selector, qm.suite, qm.peer, rules.name(qm.rule));
            json["state"] = qm.superseded ? "superseded" : "current";
            json["adopted"] = qm.adopted;
            json.update({{"engine", "none"},
                         {"engine_mode", "not installed"},
                         {"crypto", "none"},
                         {"why", "keylined runs with --no-datapath"}});
            json["lifetime"] = {{"age_seconds", qm.age.count()}};
            sas.push_back(std::move(json));
        }
    }
    return sas;
}

Json main_modes_json(const std::vector<MmSnapshot>& main_modes) {
    Json list = Json::array();
    for (const MmSnapshot& mm : main_modes) {
        list.push_back({{"id", mm.mm.id},
                        {"role", to_string(mm.mm.role)},
                        {"local", mm.mm.local.to_string()},
                        {"remote", mm.mm.remote.to_string()},
                        {"established", mm.established},
                        {"state", mm.state},
                        {"peer", mm.peer},
                        {"proved", mm.proved},
                        {"method", mm.method ? Json(auth::to_string(*mm.method)) : Json(nullptr)},
                        {"failed_methods", failed_methods_json(mm.failed_methods)},
                        {"proposal", mm.proposal},
                        {"impersonation", mm.credentials.impersonation},
                        {"explicit_credentials", mm.credentials.explicit_credentials},
                        {"extended_mode", proof_json(mm.extended_mode)},
                        {"user", user_json(mm.impersonation_handle)},
                        {"initiator_cookie", mm.initiator_cookie},
                        {"responder_cookie", mm.responder_cookie},
                        {"nat", mm.nat},
                        {"age_seconds", mm.age.count()},
                        {"remaining_seconds", mm.remaining.count()},
                        {"quick_modes", mm.quick_modes},
                        {"waiting_quick_modes", mm.waiting}});
    }
    return list;
}

Json policies_json(const policy::Policy& policy) {
    Json list = Json::array();
    for (const policy::Rule& rule : policy.rules) {
        Json selectors = Json::array();
        for (const policy::Selector& selector : rule.selectors)
            selectors.push_back(selector.to_string());
        Json json{{"id", rule.id},
                  {"name", rule.name},
                  {"action", policy::to_string(rule.action)},
                  {"selectors", std::move(selectors)}};
        if (rule.action == policy::RuleAction::kProtect) {
            json["mode"] = policy::to_string(rule.mode);
            if (rule.tunnel) {
                json["tunnel"] = {{"local", rule.tunnel->local.to_string()},
                                  {"remote", rule.tunnel->remote.to_string()}};
            }
            json["negotiation"] = policy::to_string(rule.negotiation);
            json["engine"] = policy::to_string(rule.engine);
            json["offload"] = policy::to_string(rule.offload);
            json["quick_mode"] = policy.quick_mode_of(rule).name;
            Json suites = Json::array();
            for (const policy::EspSuite& suite : policy.quick_mode_of(rule).suites)
                suites.push_back(suite.to_string());
            json["suites"] = std::move(suites);
        }
        list.push_back(std::move(json));
    }
    list.push_back({{"id", 0},
                    {"name", "(default)"},
                    {"action", policy::to_string(policy.host.default_action)},
                    {"selectors", Json::array({"everything else"})}});
    return list;
}

Json flows_json(const datapath::View& view, const policy::Policy& policy, std::size_t most) {
    const Rules rules(policy);
    Json list = Json::array();
    for (const datapath::FlowView& flow : view.flows(most)) {
        if (!flow.current) continue;
        const kl_tuple& tuple = flow.key.tuple;
        list.push_back({{"local", tuple_address(tuple.local, tuple.family)},
                        {"remote", tuple_address(tuple.remote, tuple.family)},
                        {"protocol", policy::protocol_name(tuple.protocol)},
                        {"local_port", tuple.local_port},
                        {"remote_port", tuple.remote_port},
                        {"action", action_name(flow.flow.action)},
                        {"rule", flow.flow.rule != 0 ? rules.name(flow.flow.rule) : "(default)"},
                        {"has_sa", flow.flow.slot != 0},
                        {"secure", flow.secure},
                        {"clear", (flow.flow.state & KL_FLOW_CLEAR) != 0}});
    }
    return list;
}

Json packet_counters_json(const datapath::Counters& counters) {
    Json list = Json::array();
    for (unsigned i = 0; i < KL_REASON_COUNT; ++i) {
        const auto reason = static_cast<kl_reason>(i);
        const datapath::ReasonText& text = datapath::describe(reason);
        list.push_back({{"name", text.name},
                        {"where", "packets"},
                        {"count", counters.total(reason)},
                        {"kernel", counters.kernel[i]},
                        {"fastpath", counters.fastpath[i]},
                        {"cause", text.cause},
                        {"remedy", text.remedy}});
    }
    return list;
}

Json xfrm_counters_json(const std::vector<datapath::XfrmStatistic>& statistics) {
    Json list = Json::array();
    for (const datapath::XfrmStatistic& statistic : statistics) {
        list.push_back({{"name", statistic.name},
                        {"where", "xfrm"},
                        {"count", statistic.count},
                        {"cause", statistic.cause},
                        {"remedy", statistic.remedy}});
    }
    return list;
}

Json keyer_counters_json(const exchange::Counters& counters) {
    Json list = Json::array();
    for (std::size_t i = 0; i < exchange::kReasonCount; ++i) {
        const auto reason = static_cast<exchange::Reason>(i);
        list.push_back({{"name", exchange::reason_name(reason)},
                        {"where", "keying"},
                        {"count", counters[reason]},
                        {"cause", exchange::reason_cause(reason)},
                        {"remedy", exchange::reason_remedy(reason)}});
    }
    return list;
}

}  // namespace keyline::daemon
