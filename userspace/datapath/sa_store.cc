#include "datapath/sa_store.h"

#include <openssl/crypto.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "datapath/clock.h"
#include "datapath/convert.h"

namespace keyline::datapath {
namespace {

std::uint64_t realtime_seconds() { return static_cast<std::uint64_t>(::time(nullptr)); }

// Key octets on their way into the map; wiped when they have arrived.
struct WipedKeys {
    kl_sa_keys octets{};
    WipedKeys() = default;
    WipedKeys(const WipedKeys&) = delete;
    WipedKeys& operator=(const WipedKeys&) = delete;
    ~WipedKeys() { OPENSSL_cleanse(&octets, sizeof(octets)); }
};

std::expected<void, std::string> check_keys(const policy::SadEntry& entry) {
    if (entry.encryption_key.size() != entry.suite.encryption_key_octets() ||
        entry.integrity_key.size() != entry.suite.integrity_key_octets() ||
        entry.encryption_key.size() > sizeof(kl_sa_keys::encryption) ||
        entry.integrity_key.size() > sizeof(kl_sa_keys::integrity)) {
        return std::unexpected("its keys do not fit the suite " + entry.suite.to_string());
    }
    return {};
}

kl_spi_key spi_key(const kl_sa& sa) { return {.spi = sa.spi, .family = sa.family, .local = sa.local}; }

std::uint32_t spi_entry(const kl_sa& sa, std::uint32_t index) {
    return sa.engine == KL_ENGINE_KERNEL ? index | KL_SPI_KERNEL | std::uint32_t{sa.cpu} << KL_SPI_CPU_SHIFT
                                         : index;
}

// The earlier of two limits in seconds after `installed`, in CLOCK_REALTIME; ~0: none is still to come.
std::uint64_t next_limit(const kl_sa& sa, std::uint64_t now) {
    std::uint64_t next = ~std::uint64_t{0};
    for (const std::uint64_t limit : {sa.soft_seconds, sa.hard_seconds}) {
        if (limit != 0 && sa.installed + limit > now) {
            next = std::min<std::uint64_t>(next, sa.installed + limit);
        }
    }
    return next;
}

bool past(std::uint64_t limit, const kl_sa& sa, std::uint64_t now) {
    return limit != 0 && sa.installed + limit <= now;
}

std::string name_for_people(policy::Direction direction, std::uint32_t number, const IpAddress& remote) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string spi;
    for (int shift = 28; shift >= 0; shift -= 4) {
        spi += kDigits[number >> shift & 0xf];
    }
    return std::string(to_string(direction)) + " SA 0x" + spi + " with " + remote.to_string();
}

// Where the SA takes its peer to be, as struct kl_sa_state has it.
std::uint64_t source_of(const kl_sa& sa) {
    return (sa.flags & KL_SA_FOLLOW_PEER) != 0 ? kl_source(sa.remote.octets, sa.encap_remote_port) : 0;
}

Endpoint endpoint_of(std::uint64_t source) {
    Bytes octets;
    append_be32(octets, static_cast<std::uint32_t>(source >> 16));
    return {*IpAddress::from_octets(octets), static_cast<std::uint16_t>(source)};
}

}  // namespace

std::expected<SaStore, std::string> SaStore::open(const Pins& pins, kl_config& config, RuleStore& rules,
                                                  KernelEngine kernel, UserMarks marks) {
    auto slots = SlotTable::open(pins, rules);
    if (!slots) {
        return std::unexpected(slots.error());
    }
    SaStore store(pins, config, rules, std::move(*slots), std::move(kernel), std::move(marks));
    bpfmap::Map state;
    for (const auto& [name, map] :
         {std::pair{"kl_sas", &store.sas_}, std::pair{"kl_sa_keys", &store.keys_},
          std::pair{"kl_sa_by_spi", &store.by_spi_}, std::pair{"kl_sa_state", &state}}) {
        auto opened = bpfmap::Map::open_pinned(pins.path(name));
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *map = std::move(*opened);
    }
    auto mapped_state = bpfmap::MappedArray<kl_sa_state>::map(state, true);
    if (!mapped_state) {
        return std::unexpected(pins.path("kl_sa_state") + ": " + mapped_state.error());
    }
    auto cpus = CpuSpread::open(pins);
    if (!cpus) {
        return std::unexpected(cpus.error());
    }
    auto dropped = PacketCounters::open(pins);
    if (!dropped) {
        return std::unexpected(dropped.error());
    }
    store.cpus_ = std::move(*cpus);
    store.dropped_ = std::move(*dropped);
    store.state_ = std::move(*mapped_state);
    store.watch_.renew();
    store.adopt();
    return store;
}

SaStore::Name SaStore::name_of(const kl_sa& sa) {
    return {
        .direction = sa.direction == KL_OUTBOUND ? policy::Direction::kOutbound : policy::Direction::kInbound,
        .spi = sa.spi,
        .remote = from_kl(sa.remote, sa.family)};
}

std::string SaStore::describe(const Name& name) {
    return name_for_people(name.direction, name.spi, name.remote);
}

void SaStore::adopt() {
    index_used_.assign(state_.size(), false);
    index_used_[0] = true;
    sas_.for_each_key<std::uint32_t>([this](std::uint32_t index) {
        const auto sa = sas_.lookup<kl_sa>(index);
        if (sa && index < index_used_.size()) {
            index_used_[index] = true;
            cpus_.take(sa->cpu);
            known_[name_of(*sa)] = {.index = index,
                                    .sa = *sa,
                                    .source = source_of(*sa),
                                    .use = {.known_since = monotonic_nanoseconds()}};
        }
        return true;
    });
    std::map<std::uint32_t, const Known*> kernels_by_age;
    for (const auto& [name, known] : known_) {
        if (known.sa.engine == KL_ENGINE_KERNEL) {
            kernels_by_age.emplace(known.sa.epoch, &known);
        }
    }
    for (const auto& [epoch, known] : kernels_by_age) {
        kernel_.adopt(from_kl(known->sa), known->index, mark_of(known->sa), known->sa.raw_mark);
    }
    if (!kernels_by_age.empty()) {
        kernel_.adopt_exemptions();
        (void)restore_interfaces(std::nullopt);
    }
}

std::optional<std::uint32_t> SaStore::free_index() {
    const auto free = std::ranges::find(index_used_, false);
    if (free == index_used_.end()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(free - index_used_.begin());
}

std::expected<void, std::string> SaStore::install(const policy::SadEntry& entry) {
    const auto failure = [&entry](const std::string& reason) {
        return std::unexpected("cannot install the " +
                               name_for_people(entry.direction, entry.spi, entry.remote) + ": " + reason);
    };
    if (const auto checked = check_keys(entry); !checked) {
        return failure(checked.error());
    }
    const auto engine = engine_for(entry);
    if (!engine) {
        return failure(engine.error());
    }
    kl_sa sa = to_kl(entry);
    sa.engine = *engine;
    sa.installed = realtime_seconds();
    if (known_.contains(name_of(sa))) {
        return failure("there is one already");
    }
    const auto index = free_index();
    if (!index) {
        return failure("all places are taken: raise datapath.max_sas");
    }
    sa.epoch = ++config_.get().last_epoch;
    if (entry.direction == policy::Direction::kOutbound) {
        const auto slot = slots_.slot_for(entry);
        if (!slot) {
            return failure(slot.error());
        }
        sa.slot = *slot;
    }
    auto done = write(*index, sa, entry);
    if (done && sa.engine == KL_ENGINE_KERNEL) {
        done = hand_to_kernel(*index, sa, entry, XfrmProgress{});
    }
    if (done) {
        done = publish(sa, *index);
        if (!done && sa.engine == KL_ENGINE_KERNEL) {
            kernel_.remove(entry, *index);
        }
    }
    if (!done) {
        erase(*index);
        return failure(done.error());
    }
    index_used_[*index] = true;
    cpus_.take(sa.cpu);
    known_[name_of(sa)] = {
        .index = *index, .sa = sa, .source = source_of(sa), .use = {.known_since = monotonic_nanoseconds()}};
    next_deadline_ = std::min(next_deadline_, next_limit(sa, sa.installed));
    return {};
}

std::expected<void, std::string> SaStore::publish(const kl_sa& sa, std::uint32_t index) {
    if (sa.direction == KL_OUTBOUND) {
        slots_.lead(sa.slot, index);
        return {};
    }
    return by_spi_.update(spi_key(sa), spi_entry(sa, index));
}

std::expected<void, std::string> SaStore::write(std::uint32_t index, const kl_sa& sa,
                                                const policy::SadEntry& entry) {
    WipedKeys keys;
    std::ranges::copy(entry.encryption_key.view(), keys.octets.encryption);
    std::ranges::copy(entry.integrity_key.view(), keys.octets.integrity);
    keys.octets.encryption_octets = static_cast<std::uint8_t>(entry.encryption_key.size());
    keys.octets.integrity_octets = static_cast<std::uint8_t>(entry.integrity_key.size());
    if (const auto stored = keys_.update(index, keys.octets); !stored) {
        return stored;
    }
    if (const auto stored = sas_.update(index, sa); !stored) {
        return stored;
    }
    state_[index] = {};
    state_[index].source = source_of(sa);
    __atomic_store_n(&state_[index].epoch, sa.epoch, __ATOMIC_RELEASE);
    return {};
}

bool SaStore::remove(policy::Direction direction, std::uint32_t spi, const IpAddress& remote) {
    const auto found = known_.find({direction, spi, remote});
    if (found == known_.end()) {
        return false;
    }
    unpublish(found->second);
    if (found->second.sa.engine == KL_ENGINE_KERNEL) {
        const policy::SadEntry entry = from_kl(found->second.sa);
        (void)settle_with_kernel(entry, found->second.index);
        kernel_.remove(entry, found->second.index);
    }
    cpus_.release(found->second.sa.cpu);
    erase(found->second.index);
    index_used_[found->second.index] = false;
    known_.erase(found);
    return true;
}

void SaStore::unpublish(const Known& known) {
    if (known.sa.direction == KL_INBOUND) {
        by_spi_.erase(spi_key(known.sa));
        return;
    }
    slots_.release(known.sa.slot, known.index);
}

void SaStore::erase(std::uint32_t index) {
    __atomic_store_n(&state_[index].epoch, 0, __ATOMIC_RELEASE);
    sas_.erase(index);
    // The kernel keeps the memory of an erased element as it was.
    if (keys_.update(index, kl_sa_keys{})) {
        keys_.erase(index);
    }
}

// The SA keeps its index, keys and sequence numbers; its new epoch has the workers read it again.
std::expected<void, std::string> SaStore::move(policy::Direction direction, std::uint32_t spi,
                                               const IpAddress& from, const Endpoint& to) {
    const auto failure = [&](const std::string& reason) {
        return std::unexpected("cannot move the " + name_for_people(direction, spi, from) + " to " +
                               to.to_string() + ": " + reason);
    };
    const auto found = known_.find({direction, spi, from});
    if (found == known_.end()) {
        return failure("there is none");
    }
    Known& known = found->second;
    policy::SadEntry entry = from_kl(known.sa);
    entry.remote = to.address;
    if (entry.mode != policy::Mode::kTunnel) {
        entry.selector.remote = Prefix::host(to.address);
    }
    kl_sa sa = known.sa;
    sa.remote = to_kl(to.address);
    sa.selector = to_kl(entry.selector);
    sa.encap_remote_port = to.port;
    sa.epoch = ++config_.get().last_epoch;
    if (name_of(sa) != found->first && known_.contains(name_of(sa))) {
        return failure("there is one already");
    }
    if (direction == policy::Direction::kOutbound) {
        const auto slot = slots_.slot_for(entry);
        if (!slot) {
            return failure(slot.error());
        }
        sa.slot = *slot;
    }
    if (const auto moved = move_in_kernel(known, sa, entry); !moved) {
        return failure(moved.error());
    }
    if (const auto stored = sas_.update(known.index, sa); !stored) {
        return failure(stored.error());
    }
    __atomic_store_n(&state_[known.index].epoch, sa.epoch, __ATOMIC_RELEASE);
    if (sa.slot != known.sa.slot) {
        slots_.lead(sa.slot, known.index);
        unpublish(known);
    }
    known.sa = sa;
    auto node = known_.extract(found);
    node.key() = name_of(sa);
    known_.insert(std::move(node));
    return {};
}

SaEvents SaStore::events() {
    take_kernel_events();
    const std::uint64_t now = realtime_seconds();
    const std::uint32_t sa_events = __atomic_load_n(&config_.get().sa_events, __ATOMIC_ACQUIRE);
    if (sa_events == sa_events_seen_ && now < next_deadline_) {
        return {};
    }
    sa_events_seen_ = sa_events;
    next_deadline_ = ~std::uint64_t{0};
    SaEvents found;
    for (auto& [name, known] : known_) {
        next_deadline_ = std::min(next_deadline_, next_limit(known.sa, now));
        if (const auto expiry = check(name, known, now)) {
            found.expired.push_back(*expiry);
        }
        const std::uint64_t source = __atomic_load_n(&state_[known.index].source, __ATOMIC_RELAXED);
        if (source != known.source) {
            known.source = source;
            found.moved.push_back({.spi = name.spi, .remote = endpoint_of(source)});
        }
    }
    return found;
}

std::vector<SaSilence> SaStore::quiet() {
    const std::uint64_t now = monotonic_nanoseconds();
    const auto last_used = [this](const Known& known) {
        return __atomic_load_n(&state_[known.index].last_used, __ATOMIC_RELAXED);
    };
    std::vector<SaSilence> found;
    for (auto& [name, inbound] : known_) {
        // An authenticated firewall's answers come in the clear.
        if (name.direction != policy::Direction::kInbound || inbound.sa.mode == KL_AUTH_FIREWALL) continue;
        const auto twin = known_.find({policy::Direction::kOutbound, inbound.sa.twin_spi, name.remote});
        if (twin == known_.end()) continue;
        Known& outbound = twin->second;
        if (auto silence =
                find_silence(inbound.use, last_used(inbound), outbound.use, last_used(outbound), now)) {
            silence->inbound_spi = name.spi;
            found.push_back(*silence);
        }
    }
    return found;
}

std::optional<SaExpiry> SaStore::check(const Name& name, Known& known, std::uint64_t now) const {
    const std::uint32_t flags = __atomic_load_n(&state_[known.index].flags, __ATOMIC_ACQUIRE);
    const bool hard = (flags & KL_SA_HARD_EXPIRED) != 0 || past(known.sa.hard_seconds, known.sa, now);
    const bool soft = (flags & KL_SA_SOFT_EXPIRED) != 0 || past(known.sa.soft_seconds, known.sa, now);
    const bool hard_news = hard && !known.hard_reported;
    const bool soft_news = soft && !hard && !known.soft_reported;
    if (!hard_news && !soft_news) {
        return std::nullopt;
    }
    known.hard_reported |= hard;
    known.soft_reported = true;
    return SaExpiry{.direction = name.direction, .spi = name.spi, .remote = name.remote, .hard = hard};
}

}  // namespace keyline::datapath
