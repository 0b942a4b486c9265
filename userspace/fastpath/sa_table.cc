#include "fastpath/sa_table.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

namespace keyline::fastpath {
namespace {

// Wipes its keys when it goes.
struct KeysOnStack {
    kl_sa_keys keys{};
    ~KeysOnStack() { OPENSSL_cleanse(&keys, sizeof keys); }
};

}  // namespace

const SecurityAssociation* SaTable::find(std::uint32_t index) {
    if (index == 0 || index >= cached_.size()) return nullptr;
    const std::uint32_t epoch = __atomic_load_n(&maps_.sa_state()[index].epoch, __ATOMIC_ACQUIRE);
    const Entry& entry = cached_[index];
    if (entry.epoch == epoch) return entry.sa.get();
    return load(index, epoch);
}

const SecurityAssociation* SaTable::load(std::uint32_t index, std::uint32_t epoch) {
    Entry& entry = cached_[index];
    if (entry.sa != nullptr) replaced_.push_back(std::move(entry.sa));
    if (entry.epoch == 0) known_.push_back(index);
    entry.epoch = epoch;
    if (epoch == 0) return nullptr;

    kl_sa sa{};
    KeysOnStack secret;
    // The keys belong to this epoch only when the index was not given to another SA while we read.
    const bool read =
        maps_.sa_keys().lookup_octets(&index, &secret.keys) && maps_.sas().lookup_octets(&index, &sa);
    if (!read || sa.epoch != epoch) {
        entry.epoch = 0;
        known_.pop_back();
        return nullptr;
    }
    auto made = make_security_association(engine_, sa, secret.keys, &maps_.sa_state()[index]);
    if (!made) {
        spdlog::error("{}: its packets are dropped", made.error());
        return nullptr;
    }
    entry.sa = std::move(*made);
    return entry.sa.get();
}

std::uint32_t SaTable::find_by_spi(const kl_spi_key& key) {
    const std::uint32_t entry = maps_.sa_by_spi().lookup<std::uint32_t>(key).value_or(0);
    return (entry & KL_SPI_KERNEL) != 0 ? 0 : entry;
}

// Of a held packet: egress has noted it (bpf/users.h).
std::uint32_t SaTable::user_of(std::uint32_t rule, const kl_tuple& tuple) {
    if ((maps_.rules()[rule].flags & KL_RULE_HAS_USERS) == 0) return 0;
    kl_tuple key{};
    kl_make_connection_key(&key, &tuple);
    return maps_.connections().lookup<kl_connection>(key).value_or(kl_connection{}).user;
}

kl_slot_key SaTable::hold_key(std::uint32_t rule, const kl_tuple& tuple) {
    kl_slot_key key{};
    if (rule < maps_.rules().size()) {
        const std::uint32_t user = user_of(rule, tuple);
        kl_make_slot_key(&key, rule, user, &tuple, &maps_.rules()[rule].shapes[0]);
        key.user = user;
    }
    return key;
}

std::optional<kl_sa> SaTable::sa_of(std::uint32_t rule, const kl_tuple& tuple) {
    if (rule >= maps_.rules().size()) return std::nullopt;
    const std::uint32_t user = user_of(rule, tuple);
    for (const kl_shape& shape : maps_.rules()[rule].shapes) {
        if (kl_serves(&shape, user) == 0) continue;
        kl_slot_key key{};
        kl_make_slot_key(&key, rule, user, &tuple, &shape);
        const std::uint32_t slot = maps_.slot_by_key().lookup<std::uint32_t>(key).value_or(0);
        if (slot == 0 || slot >= maps_.slots().size()) continue;
        const std::uint32_t index = __atomic_load_n(&maps_.slots()[slot].sa, __ATOMIC_ACQUIRE);
        if (index == 0) continue;
        if (const auto sa = maps_.sas().lookup<kl_sa>(index)) return sa;
    }
    return std::nullopt;
}

Awaited SaTable::awaited(std::uint32_t rule, const kl_tuple& tuple) {
    const auto sa = sa_of(rule, tuple);
    if (!sa) return Awaited::kNoSa;
    return sa->engine == KL_ENGINE_KERNEL ? Awaited::kKernelSa : Awaited::kFastpathSa;
}

std::uint32_t SaTable::mark_for(std::uint32_t rule, const kl_tuple& tuple) {
    if (const auto sa = sa_of(rule, tuple); sa && sa->raw_mark != 0) return sa->raw_mark;
    if (maps_.user_marks().active == 0 || rule >= maps_.rules().size()) return 0;
    const std::uint32_t user = user_of(rule, tuple);
    return user == 0 ? KL_MARK_DECIDED : maps_.mark_by_user().lookup<std::uint32_t>(user).value_or(0);
}

void SaTable::sweep() {
    std::erase_if(known_, [this](std::uint32_t index) {
        Entry& entry = cached_[index];
        if (entry.epoch == __atomic_load_n(&maps_.sa_state()[index].epoch, __ATOMIC_ACQUIRE)) return false;
        entry = {};
        return true;
    });
}

}  // namespace keyline::fastpath
