#include "daemon/reload.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/registry.h"
#include "policy/config.h"
#include "policy/diff.h"

namespace keyline::daemon {
namespace {

using policy::Policy;

// What a running instance cannot change stays as it is: sockets, pins, the sizes of maps, whether keys are
// exported.
void keep_until_restart(Policy& next, const Policy& running) {
    next.host.instance = running.host.instance;
    next.host.listen = running.host.listen;
    next.host.port = running.host.port;
    next.host.nat_port = running.host.nat_port;
    next.host.control_group = running.host.control_group;
    next.datapath.max_sas = running.datapath.max_sas;
    next.datapath.max_flows = running.datapath.max_flows;
    next.debug = running.debug;
}

// Attaches the new interfaces and swaps the rules in; on an error what was attached is detached again.
std::expected<void, std::string> apply(datapath::Datapath& datapath, const Policy& next,
                                       const policy::PolicyDiff& changes) {
    std::vector<std::string> attached;
    std::expected<void, std::string> result = datapath.check_engines(next);
    if (!result) return result;
    for (const policy::Interface& interface : changes.interfaces_to_attach) {
        result = datapath.attach(interface.name, interface.role);
        if (!result) break;
        attached.push_back(interface.name);
    }
    if (result) result = datapath.apply(next);
    if (result) return result;
    for (const std::string& name : attached)
        (void)datapath.detach(name);
    return result;
}

void detach_removed(datapath::Datapath& datapath, const policy::PolicyDiff& changes,
                    std::vector<std::string>& warnings) {
    for (const policy::Interface& interface : changes.interfaces_to_detach) {
        const bool role_changed = std::ranges::any_of(
            changes.interfaces_to_attach, [&](const auto& added) { return added.name == interface.name; });
        if (role_changed) continue;
        if (const auto detached = datapath.detach(interface.name); !detached)
            warnings.push_back(detached.error());
    }
}

}  // namespace

std::expected<ReloadDone, std::vector<std::string>> reload(Instance& instance) {
    const std::shared_ptr<const Policy> running = instance.policy;
    auto loaded = policy::load_file(instance.config, running.get());
    if (!loaded) {
        std::vector<std::string> errors;
        for (const policy::ConfigError& error : loaded.error())
            errors.push_back(error.to_string());
        return std::unexpected(std::move(errors));
    }
    const policy::PolicyDiff changes = policy::diff(*running, loaded->policy);
    keep_until_restart(loaded->policy, *running);
    const auto next = std::make_shared<const Policy>(std::move(loaded->policy));
    auto methods = auth::make_methods(next->auth);
    if (!methods) return std::unexpected(std::vector{methods.error()});
    if (instance.datapath) {
        if (const auto applied = apply(*instance.datapath, *next, changes); !applied) {
            return std::unexpected(std::vector{applied.error()});
        }
    }

    ReloadDone done{changes.to_string(), {}};
    for (const policy::ConfigWarning& warning : loaded->warnings)
        done.warnings.push_back(warning.to_string());
    for (const std::string& key : changes.needs_restart) {
        done.warnings.push_back(fmt::format("{}: the new value holds after a restart of keylined", key));
    }
    instance.policy = next;
    instance.keyer->handle(exchange::PolicyChanged{next, std::move(*methods)});
    if (instance.datapath) {
        std::ranges::move(instance.datapath->change_engines(*next), std::back_inserter(done.warnings));
        detach_removed(*instance.datapath, changes, done.warnings);
        if (auto foreign = instance.datapath->foreign_xfrm(*next))
            std::ranges::move(foreign->conflicts, std::back_inserter(done.warnings));
    }
    return done;
}

}  // namespace keyline::daemon
