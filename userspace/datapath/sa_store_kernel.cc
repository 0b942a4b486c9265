// SAs that the kernel carries, and the choice of an engine.
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "datapath/clock.h"
#include "datapath/convert.h"
#include "datapath/progress.h"
#include "datapath/sa_store.h"

namespace keyline::datapath {
namespace {

constexpr std::uint64_t kKernelInterval = 1'000'000'000;  // nanoseconds

std::uint8_t to_kl(const XfrmOffload& offload) {
    if (offload.ifindex == 0) {
        return KL_OFFLOAD_NONE;
    }
    return offload.packet ? KL_OFFLOAD_PACKET : KL_OFFLOAD_CRYPTO;
}

XfrmOffload offload_of(const kl_sa& sa) {
    return {.ifindex = sa.offload_ifindex, .packet = sa.offload == KL_OFFLOAD_PACKET};
}

// How much a count of the kernel's has grown since `seen`, which becomes `now`; it starts again from 0 with
// another state.
std::uint32_t rise(std::uint32_t& seen, std::uint32_t now) {
    const std::uint32_t before = std::exchange(seen, now);
    return now >= before ? now - before : now;
}

}  // namespace

std::expected<void, std::string> SaStore::kernel_esp(Family family, bool discovers) {
    auto ready = kernel_.available(family);
    return ready && discovers ? watch_.begin() : ready;
}

std::expected<kl_engine, std::string> SaStore::engine_for(const policy::SadEntry& entry) {
    const bool of_user = entry.impersonation_handle != 0;
    if (entry.engine == policy::Engine::kFastpath || entry.mode == policy::Mode::kAuthenticatedFirewall) {
        return KL_ENGINE_FASTPATH;
    }
    if (entry.engine == policy::Engine::kAuto && (of_user || worker_alive(config_) || !kernel_esp(entry))) {
        return KL_ENGINE_FASTPATH;
    }
    auto ready = kernel_esp(entry);
    if (ready && of_user) {
        ready = admit_users();
    }
    if (!ready) {
        return std::unexpected(ready.error());
    }
    return KL_ENGINE_KERNEL;
}

// With users, the machine's SAs no longer are for all that meets their selectors.
std::expected<void, std::string> SaStore::admit_users() {
    if (marks_.active()) {
        return {};
    }
    auto done = marks_.activate();
    if (done) {
        for (auto& [name, known] : known_) {
            (void)reorder(known);
        }
    }
    return done;
}

std::expected<KernelEngine::Installation, std::string> SaStore::installation_of(const policy::SadEntry& entry,
                                                                                std::uint32_t index) {
    const auto mark = marks_.mark_for(entry, order_.is_per_user(entry.rule));
    if (!mark) {
        return std::unexpected(mark.error());
    }
    KernelEngine::Installation installation{
        .index = index, .mark = *mark, .offload = order_.offload_of(entry.rule)};
    if (KernelEngine::sealed_by_stack(entry)) {
        installation.priority = order_.priority_of(entry);
        installation.raw_priority = order_.raw_priority_of(entry);
        installation.exemptions = order_.exemptions_for(entry);
    }
    return installation;
}

std::expected<void, std::string> SaStore::hand_to_kernel(std::uint32_t index, kl_sa& sa,
                                                         const policy::SadEntry& entry,
                                                         XfrmProgress progress) {
    auto installation = installation_of(entry, index);
    if (!installation) {
        return std::unexpected(installation.error());
    }
    installation->progress = std::move(progress);
    const auto installed = kernel_.install(entry, *installation);
    if (!installed) {
        return std::unexpected(installed.error());
    }
    state_[index].kernel_replay = state_[index].kernel_icv = 0;
    sa.xfrm_ifindex = installed->ifindex;
    sa.raw_mark = installed->raw_mark;
    sa.offload = to_kl(installed->offload);
    sa.offload_ifindex = installed->offload.ifindex;
    if (sa.direction == KL_INBOUND && sa.cpu == 0) {
        sa.cpu = cpus_.least_loaded();
    }
    sa.mark = installation->mark.value;
    sa.mark_mask = installation->mark.mask;
    rules_.get().note_kernel(entry.rule);
    auto stored = sas_.update(index, sa);
    if (!stored) {
        kernel_.remove(entry, index);
    }
    return stored;
}

// The kernel cannot give an SA other addresses: it gets another one that goes on where the first was.
std::expected<void, std::string> SaStore::move_in_kernel(const Known& known, kl_sa& sa,
                                                         policy::SadEntry& moved) {
    if (sa.engine != KL_ENGINE_KERNEL) {
        return {};
    }
    const policy::SadEntry before = from_kl(known.sa);
    auto present = settle_with_kernel(before, known.index);
    if (!present) {
        return std::unexpected("the kernel does not have it any more");
    }
    moved = with_keys(known.index, sa);
    kernel_.remove(before, known.index);
    return hand_to_kernel(known.index, sa, moved, std::move(present->progress));
}

policy::SadEntry SaStore::with_keys(std::uint32_t index, const kl_sa& sa) const {
    policy::SadEntry entry = from_kl(sa);
    if (auto keys = keys_.lookup<kl_sa_keys>(index)) {
        entry.encryption_key = Secret::copy_of({keys->encryption, keys->encryption_octets});
        entry.integrity_key = Secret::copy_of({keys->integrity, keys->integrity_octets});
        OPENSSL_cleanse(&*keys, sizeof(*keys));
    }
    return entry;
}

std::vector<std::string> SaStore::follow(const policy::Policy& policy) {
    order_ = RuleOrder(policy, kernel_.first_priority());
    marks_.set_per_user(policy.has_users());
    std::map<std::uint32_t, policy::Engine> engines;
    for (const policy::Rule& rule : policy.rules) {
        engines.emplace(rule.id, rule.engine);
    }
    std::vector<std::string> errors;
    std::vector<XfrmPolicy> exemptions;
    for (auto& [name, known] : known_) {
        const auto wanted = engines.find(known.sa.rule);
        if (wanted == engines.end()) {
            continue;
        }
        if (const auto changed = change_engine(known, wanted->second); !changed) {
            errors.push_back(describe(name) + " stays with its engine: " + changed.error());
        }
        if (known.sa.engine == KL_ENGINE_KERNEL) {
            if (const auto ready = kernel_esp(from_kl(known.sa)); !ready) {
                errors.push_back(describe(name) + ": " + ready.error());
            }
        }
        std::ranges::move(reorder(known), std::back_inserter(exemptions));
    }
    kernel_.exempt_only(exemptions);
    return errors;
}

// The exemptions that are before it now.
std::vector<XfrmPolicy> SaStore::reorder(Known& known) {
    const policy::SadEntry entry = from_kl(known.sa);
    if (known.sa.engine != KL_ENGINE_KERNEL || !KernelEngine::sealed_by_stack(entry)) {
        return {};
    }
    const auto installation = installation_of(entry, known.index);
    if (!installation) {
        return {};  // a user has had a mark since the SA was installed
    }
    kernel_.reorder(entry, *installation, offload_of(known.sa));
    known.sa.mark = installation->mark.value;
    known.sa.mark_mask = installation->mark.mask;
    (void)sas_.update(known.index, known.sa);
    return installation->exemptions;
}

// Packets that are on their way through the engine that is left find the SA there: it is the same one.
std::expected<void, std::string> SaStore::change_engine(Known& known, policy::Engine wanted) {
    const bool to_kernel_esp = known.sa.engine == KL_ENGINE_FASTPATH && wanted == policy::Engine::kKernel;
    const bool to_fastpath = known.sa.engine == KL_ENGINE_KERNEL && wanted == policy::Engine::kFastpath;
    if (!to_kernel_esp && !to_fastpath) {
        return {};
    }
    kl_sa sa = known.sa;
    if (to_kernel_esp) {
        if (sa.impersonation_handle != 0) {
            return std::unexpected("it is a user's, whose sockets have no mark: its successor changes");
        }
        if (const auto ready = kernel_esp(from_kl(sa)); !ready) {
            return ready;
        }
        sa.engine = KL_ENGINE_KERNEL;
        const auto handed =
            hand_to_kernel(known.index, sa, with_keys(known.index, sa), to_kernel(sa, state_[known.index]));
        if (!handed) {
            return handed;
        }
        cpus_.release(known.sa.cpu);
        cpus_.take(sa.cpu);
        known.sa = sa;
        return publish(sa, known.index);
    }
    const policy::SadEntry entry = from_kl(known.sa);
    const auto present = settle_with_kernel(entry, known.index);
    if (!present) {
        return std::unexpected("the kernel does not have it any more");
    }
    from_kernel(present->progress, sa, state_[known.index]);
    sa.engine = KL_ENGINE_FASTPATH;
    sa.xfrm_ifindex = sa.mark = sa.mark_mask = sa.raw_mark = sa.offload_ifindex = 0;
    sa.offload = KL_OFFLOAD_NONE;
    sa.cpu = 0;
    sa.epoch = ++config_.get().last_epoch;
    if (auto stored = sas_.update(known.index, sa); !stored) {
        return stored;
    }
    __atomic_store_n(&state_[known.index].epoch, sa.epoch, __ATOMIC_RELEASE);
    cpus_.release(known.sa.cpu);
    cpus_.take(sa.cpu);
    known.sa = sa;
    auto published = publish(sa, known.index);
    kernel_.remove(entry, known.index);
    return published;
}

// False when it is there.
std::expected<bool, std::string> SaStore::restore_interface(Known& known) {
    const policy::SadEntry entry = from_kl(known.sa);
    const auto installation = installation_of(entry, known.index);
    const auto ifindex = installation ? kernel_.restore(entry, *installation, offload_of(known.sa))
                                      : std::unexpected(installation.error());
    if (!ifindex) {
        return std::unexpected(ifindex.error());
    }
    if (*ifindex == known.sa.xfrm_ifindex) {
        return false;
    }
    known.sa.xfrm_ifindex = *ifindex;
    if (const auto stored = sas_.update(known.index, known.sa); !stored) {
        return std::unexpected(stored.error());
    }
    return true;
}

std::vector<std::string> SaStore::restore_interfaces(std::optional<std::uint32_t> gone) {
    std::vector<std::string> told;
    const auto tell = [&told](const std::string& what, const std::expected<bool, std::string>& restored) {
        if (!restored) {
            told.push_back("cannot make " + what + " again: " + restored.error());
        } else if (*restored) {
            told.push_back(what + " had gone: made again");
        }
    };
    tell("the XFRM interface of inbound tunnels", kernel_.restore_inbound());
    for (auto& [name, known] : known_) {
        const std::uint32_t leads = known.sa.xfrm_ifindex;
        if (leads != 0 && (!gone || *gone == leads)) {
            tell("the XFRM interface of the " + describe(name), restore_interface(known));
        }
    }
    return told;
}

SaStore::Known* SaStore::find_kernel(const XfrmSaName& wanted) {
    const auto found = std::ranges::find_if(known_, [&](const auto& named) {
        return named.second.sa.engine == KL_ENGINE_KERNEL && xfrm_name(from_kl(named.second.sa)) == wanted;
    });
    return found != known_.end() ? &found->second : nullptr;
}

void SaStore::take_kernel_events() {
    bool states_gone = false, policies_gone = false;
    for (const XfrmEvent& event : kernel_.events()) {
        std::visit(Overloaded{[&](const XfrmStatesGone&) { states_gone = true; },
                              [&](const XfrmPoliciesGone&) { policies_gone = true; },
                              [&](const XfrmExpiry& expiry) { take_expiry(expiry); },
                              [&](const XfrmMapping& mapping) { take_mapping(mapping); }},
                   event);
    }
    if (policies_gone) {
        renew_policies();
    }
    if (states_gone || monotonic_nanoseconds() - kernel_read_at_ > kKernelInterval) {
        read_kernel();
    }
}

void SaStore::take_expiry(const XfrmExpiry& expiry) {
    if (const Known* const known = find_kernel(expiry.name)) {
        state_[known->index].flags |= expiry.hard ? KL_SA_HARD_EXPIRED : KL_SA_SOFT_EXPIRED;
        ++config_.get().sa_events;
    }
}

void SaStore::take_mapping(const XfrmMapping& mapping) {
    const Known* const known = find_kernel(mapping.name);
    if (known != nullptr && (known->sa.flags & KL_SA_FOLLOW_PEER) != 0) {
        state_[known->index].source = kl_source(mapping.source.address.octets().data(), mapping.source.port);
        ++config_.get().sa_events;
    }
}

void SaStore::renew_policies() {
    kernel_.renew_shared_policies();
    for (auto& [name, known] : known_) {
        if (known.sa.xfrm_ifindex != 0) {
            (void)restore_interface(known);
        } else if (known.sa.engine == KL_ENGINE_KERNEL) {
            (void)reorder(known);
        }
    }
}

void SaStore::read_kernel() {
    kernel_read_at_ = monotonic_nanoseconds();
    std::map<XfrmSaName, std::uint32_t> wanted;
    for (const auto& [name, known] : known_) {
        if (known.sa.engine == KL_ENGINE_KERNEL) {
            wanted.emplace(xfrm_name(from_kl(known.sa)), known.index);
        }
    }
    if (wanted.empty()) {
        return;
    }
    const auto listed = kernel_.list();
    if (!listed) {
        return;
    }
    for (const XfrmSa& sa : *listed) {
        if (const auto found = wanted.extract(sa.name)) {
            take_kernel_counts(found.mapped(), sa);
        }
    }
    // Those that it does not have any more have met a limit, or somebody flushed them.
    for (const auto& [name, index] : wanted) {
        state_[index].flags |= KL_SA_HARD_EXPIRED;
        ++config_.get().sa_events;
    }
}

void SaStore::take_kernel_counts(std::uint32_t index, const XfrmSa& sa) {
    kl_sa_state& state = state_[index];
    if (state.packets != sa.progress.packets) {
        state.last_used = kernel_read_at_;
    }
    state.packets = sa.progress.packets;
    state.octets = sa.progress.octets;
    state.sequence = std::max(sa.progress.outbound, sa.progress.inbound);
    const std::uint32_t replays = rise(state.kernel_replay, sa.replays);
    const std::uint32_t failures = rise(state.kernel_icv, sa.failures);
    state.replay += replays;
    state.icv += failures;
    state.errors += replays + failures;
    dropped_.add(KL_REASON_DROP_REPLAY, replays);
    dropped_.add(KL_REASON_DROP_ICV, failures);
}

std::optional<XfrmSa> SaStore::settle_with_kernel(const policy::SadEntry& entry, std::uint32_t index) {
    auto present = kernel_.find(entry);
    if (present) {
        take_kernel_counts(index, *present);
    }
    return present;
}

}  // namespace keyline::datapath
