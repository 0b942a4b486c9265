#include "exchange/quick_mode_sa.h"

#include <algorithm>
#include <utility>

namespace keyline::exchange {
namespace {

Instant after(Instant now, std::chrono::seconds delay) { return delay.count() == 0 ? kNever : now + delay; }

}  // namespace

SaPair make_sa_pair(const MmSa& mm, const SaTerms& terms, const QmTransform& chosen) {
    const Traffic& traffic = terms.traffic;
    policy::SadEntry common{.local = traffic.local,
                            .remote = traffic.remote,
                            .mode = traffic.mode,
                            .selector = traffic.selector,
                            .suite = chosen.suite,
                            .esn = chosen.esn,
                            .replay_window = terms.quick_mode.replay_window,
                            .lifetime = agreed_lifetime(terms.quick_mode.lifetime, chosen),
                            .engine = terms.engine,
                            .rule = traffic.rule,
                            .impersonation_handle = traffic.impersonation_handle,
                            .peer = mm.proved_peer};
    if (mm.nat_found()) {
        common.encapsulation = {.local_port = mm.name.local.port,
                                .remote_port = mm.name.remote.port,
                                .follow_remote = mm.remote_behind_nat};
    }
    SaPair pair{.inbound = common.clone(), .outbound = std::move(common)};
    pair.inbound.direction = policy::Direction::kInbound;
    pair.outbound.direction = policy::Direction::kOutbound;
    pair.inbound.spi = pair.outbound.twin_spi = terms.inbound_spi;
    pair.outbound.spi = pair.inbound.twin_spi = chosen.spi;
    return pair;
}

QmSa make_record(const MmSa& mm, Instant now, const RecordTerms& terms, const SaPair& sas) {
    return {.mm = mm.name.id,
            .role = terms.role,
            .message_id = terms.message_id,
            .traffic = terms.traffic,
            .suite = sas.inbound.suite,
            .inbound_spi = sas.inbound.spi,
            .outbound_spi = sas.outbound.spi,
            .peer = mm.proved_peer,
            .begun = terms.begun,
            .established = now,
            .soft = after(now, sas.inbound.lifetime.soft_time),
            .hard = after(now, sas.inbound.lifetime.hard_time)};
}

std::optional<policy::Selector> sa_selectors(const MmSa& mm, policy::Mode mode, policy::Selector proposed) {
    if (mode == policy::Mode::kTunnel) return proposed;
    if (!proposed.local.is_host() || !proposed.remote.is_host()) return std::nullopt;
    if (proposed.family() != mm.name.local.address.family()) return std::nullopt;
    const Prefix local = Prefix::host(mm.name.local.address);
    const Prefix remote = Prefix::host(mm.name.remote.address);
    if (proposed.local != local && !mm.local_behind_nat) return std::nullopt;
    if (proposed.remote != remote && !mm.remote_behind_nat) return std::nullopt;
    proposed.local = local;
    proposed.remote = remote;
    return proposed;
}

std::expected<Cover, NotCovered> find_cover(const MmSa& mm, const policy::Lookup& lookup, policy::Mode mode,
                                            const TrafficIds& ids) {
    const auto selectors = [](std::string text) {
        return std::unexpected(NotCovered{Reason::kSelectors, std::move(text)});
    };
    const auto proposed = parse_traffic_ids(ids, Role::kResponder);
    if (!proposed) return selectors("traffic selectors that are no addresses, or do not fit together");
    const auto selector = sa_selectors(mm, mode, *proposed);
    if (!selector) {
        return selectors("transport mode for other addresses than the two hosts': " + proposed->to_string());
    }
    const auto match = lookup.find_containing(*selector);
    if (!match || match->rule->action != policy::RuleAction::kProtect) {
        return selectors("no rule protects " + selector->to_string() + "; compare both policies");
    }
    const policy::Rule& rule = *match->rule;
    if (rule.mode != mode) {
        return std::unexpected(
            NotCovered{Reason::kNoQmProposal, "rule \"" + rule.name + "\" wants " +
                                                  std::string(policy::to_string(rule.mode)) +
                                                  " mode, the peer the other one"});
    }
    if (rule.tunnel &&
        (rule.tunnel->local != mm.name.local.address || rule.tunnel->remote != mm.name.remote.address)) {
        return selectors("rule \"" + rule.name + "\" has other tunnel endpoints");
    }
    if (!rule.auth.empty() &&
        std::ranges::find(rule.auth, static_cast<policy::AuthMethod>(*mm.method)) == rule.auth.end()) {
        return std::unexpected(
            NotCovered{Reason::kNoMethod, "rule \"" + rule.name + "\" wants another authentication method"});
    }
    return Cover{&rule,
                 {.rule = rule.id,
                  .local = mm.name.local.address,
                  .remote = mm.name.remote.address,
                  .mode = mode,
                  .selector = *selector}};
}

}  // namespace keyline::exchange
