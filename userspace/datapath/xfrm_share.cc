#include "datapath/xfrm_share.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

namespace keyline::datapath {
namespace {

// Two instances that start at once do not choose the same.
class Lock {
  public:
    explicit Lock(const std::string& directory)
        : fd_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        (void)::flock(fd_, LOCK_EX);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock() { ::close(fd_); }

  private:
    int fd_;
};

std::optional<unsigned> noted_share(const Pins& pins) {
    const auto map = pins.map("kl_config");
    const auto config = map ? map->lookup<kl_config>(std::uint32_t{0}) : std::nullopt;
    return config && config->xfrm_share != 0 ? std::optional(config->xfrm_share - 1U) : std::nullopt;
}

XfrmShares shares_of_others(const Pins& pins) {
    XfrmShares taken;
    std::error_code error;
    for (const auto& other : std::filesystem::directory_iterator(pins.root(), error)) {
        const std::string instance = other.path().filename();
        if (instance == pins.instance()) {
            continue;
        }
        if (const auto share = noted_share(Pins(pins.root(), instance)); share && *share < kXfrmShares) {
            taken.set(*share);
        }
    }
    return taken;
}

}  // namespace

std::optional<unsigned> choose_xfrm_share(const std::string& instance, const XfrmShares& taken) {
    const unsigned place = std::accumulate(
        instance.begin(), instance.end(), 0U,
        [](unsigned sum, char letter) { return sum * 31 + static_cast<unsigned char>(letter); });
    for (unsigned step = 0; step < kXfrmShares; ++step) {
        if (const unsigned share = (place + step) % kXfrmShares; !taken[share]) {
            return share;
        }
    }
    return std::nullopt;
}

std::expected<unsigned, std::string> claim_xfrm_share(const Pins& pins, kl_config& config) {
    const Lock lock(pins.root());
    if (config.xfrm_share == 0) {
        const auto chosen = choose_xfrm_share(pins.instance(), shares_of_others(pins));
        if (!chosen) {
            return std::unexpected("there are " + std::to_string(kXfrmShares) + " other instances in " +
                                   pins.root() +
                                   ", and no XFRM numbers for one more: end one with keylined --purge");
        }
        config.xfrm_share = static_cast<std::uint8_t>(1 + *chosen);
    }
    return config.xfrm_share - 1U;
}

std::optional<unsigned> find_xfrm_share(const Pins& pins) {
    const auto noted = noted_share(pins);
    return noted ? noted : choose_xfrm_share(pins.instance(), shares_of_others(pins));
}

}  // namespace keyline::datapath
