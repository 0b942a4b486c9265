#include "fastpath/instance_maps.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace keyline::fastpath {
namespace {

bpf_map_info info_of(const bpfmap::Map& map) {
    bpf_map_info info{};
    std::uint32_t octets = sizeof info;
    if (bpf_obj_get_info_by_fd(map.fd(), &info, &octets) != 0) info = {};
    return info;
}

// Opens the maps of one instance; after the first failure it does nothing more.
class Opener {
  public:
    explicit Opener(std::string_view instance) : instance_(instance) {}

    void open(bpfmap::Map& to, const char* name, std::size_t key_octets, std::size_t value_octets) {
        if (!error_.empty()) return;
        const std::string path = pin_directory(instance_) + '/' + name;
        auto map = bpfmap::Map::open_pinned(path);
        if (!map) {
            explain(path, errno);
            return;
        }
        const bpf_map_info info = info_of(*map);
        if (info.key_size != key_octets || info.value_size != value_octets) {
            error_ = fmt::format(
                "{} was made by another version of Keyline: restart keylined and keyline-fastpath", path);
            return;
        }
        to = std::move(*map);
    }

    template <typename Value>
    void open(bpfmap::MappedArray<Value>& to, const char* name, bool writable) {
        bpfmap::Map map;
        open(map, name, sizeof(std::uint32_t), sizeof(Value));
        if (!error_.empty()) return;
        auto mapped = bpfmap::MappedArray<Value>::map(map, writable);
        if (mapped) {
            to = std::move(*mapped);
        } else {
            error_ =
                fmt::format("{}/{}: cannot be mapped: {}", pin_directory(instance_), name, mapped.error());
        }
    }

    const std::string& error() const { return error_; }

  private:
    void explain(const std::string& path, int reason) {
        if (reason == ENOENT) {
            error_ = fmt::format("instance \"{}\" has no maps ({} is absent): is keylined running?",
                                 instance_, path);
        } else if (reason == EPERM || reason == EACCES) {
            error_ = fmt::format("{}: permission denied: run keyline-fastpath as root", path);
        } else {
            error_ = fmt::format("{}: {}", path, std::strerror(reason));
        }
    }

    std::string instance_;
    std::string error_;
};

}  // namespace

std::string pin_directory(std::string_view instance) { return fmt::format("{}/{}", KL_PIN_ROOT, instance); }

std::expected<InstanceMaps, std::string> InstanceMaps::open(std::string_view instance) {
    InstanceMaps maps;
    maps.instance_ = instance;
    Opener opener(instance);
    bpfmap::Map config;
    opener.open(config, "kl_config", sizeof(std::uint32_t), sizeof(kl_config));
    opener.open(maps.config_, "kl_config", true);
    if (opener.error().empty() && maps.config().version == 0) {
        return std::unexpected(fmt::format(
            "instance \"{}\" is still being set up by keylined: start again in a moment", instance));
    }
    if (opener.error().empty() && maps.config().version != KL_CONTRACT_VERSION) {
        return std::unexpected(
            fmt::format("instance \"{}\" speaks version {} of the contract, this program {}: "
                        "install keylined and keyline-fastpath of one release",
                        instance, maps.config().version, KL_CONTRACT_VERSION));
    }
    opener.open(maps.ports_, "kl_ports", true);
    opener.open(maps.sa_state_, "kl_sa_state", true);
    opener.open(maps.slots_, "kl_slots", false);
    opener.open(maps.rules_, "kl_rules", false);
    opener.open(maps.user_marks_, "kl_user_marks", false);
    opener.open(maps.counters_, "kl_worker_counters", true);
    opener.open(maps.xsks_, "kl_xsks", sizeof(std::uint32_t), sizeof(std::uint32_t));
    opener.open(maps.sas_, "kl_sas", sizeof(std::uint32_t), sizeof(kl_sa));
    opener.open(maps.sa_keys_, "kl_sa_keys", sizeof(std::uint32_t), sizeof(kl_sa_keys));
    opener.open(maps.sa_by_spi_, "kl_sa_by_spi", sizeof(kl_spi_key), sizeof(std::uint32_t));
    opener.open(maps.slot_by_key_, "kl_slot_by_key", sizeof(kl_slot_key), sizeof(std::uint32_t));
    opener.open(maps.connections_, "kl_connections", sizeof(kl_tuple), sizeof(kl_connection));
    opener.open(maps.mark_by_user_, "kl_mark_by_user", sizeof(std::uint32_t), sizeof(std::uint32_t));
    if (!opener.error().empty()) return std::unexpected(opener.error());
    maps.config_id_ = info_of(config).id;
    return maps;
}

bool InstanceMaps::is_current() const {
    const auto config = bpfmap::Map::open_pinned(pin_directory(instance_) + "/kl_config");
    return config && info_of(*config).id == config_id_;
}

void InstanceMaps::break_locks() const {
    for (kl_sa_state& entry : sa_state())
        __atomic_store_n(&entry.lock, 0, __ATOMIC_RELEASE);
}

}  // namespace keyline::fastpath
