#include "datapath/offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace keyline::datapath {
namespace {

// A socket to ask one interface's driver through.
class Ethtool {
  public:
    explicit Ethtool(const std::string& interface) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        interface.copy(request_.ifr_name, IFNAMSIZ - 1);
    }
    Ethtool(const Ethtool&) = delete;
    Ethtool& operator=(const Ethtool&) = delete;
    ~Ethtool() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    // Some commands answer with a positive number: what of a wish was not granted.
    bool ask(void* command) {
        request_.ifr_data = static_cast<char*>(command);
        return ::ioctl(fd_, SIOCETHTOOL, &request_) >= 0;
    }

  private:
    int fd_;
    ifreq request_{};
};

// A command struct that ends in a variable number of `Element`s.
template <typename Command, typename Element>
class Variable {
  public:
    explicit Variable(std::size_t count) : octets_(sizeof(Command) + count * sizeof(Element)) {}
    Command* operator->() { return reinterpret_cast<Command*>(octets_.data()); }
    Element* elements() { return reinterpret_cast<Element*>(octets_.data() + sizeof(Command)); }
    void* data() { return octets_.data(); }

  private:
    std::vector<std::byte> octets_;
};

struct FeatureName {
    char text[ETH_GSTRING_LEN];
};

bool leaves_frames_unfinished(std::string_view feature) {
    if (!feature.starts_with("tx-")) {
        return false;
    }
    return feature.ends_with("-segmentation") || feature.starts_with("tx-checksum") ||
           feature == "tx-gso-list" || feature == "tx-gso-partial" || feature.starts_with("tx-vlan-");
}

}  // namespace

std::expected<void, std::string> finish_frames_in_software(const std::string& interface) {
    Ethtool ethtool(interface);
    Variable<ethtool_sset_info, std::uint32_t> count(1);
    count->cmd = ETHTOOL_GSSET_INFO;
    count->sset_mask = 1ULL << ETH_SS_FEATURES;
    if (!ethtool.ask(count.data())) {
        return std::unexpected(std::strerror(errno));
    }
    const std::uint32_t features = *count.elements();

    Variable<ethtool_gstrings, FeatureName> names(features);
    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_FEATURES;
    names->len = features;
    if (!ethtool.ask(names.data())) {
        return std::unexpected(std::strerror(errno));
    }

    const std::uint32_t blocks = (features + 31) / 32;
    Variable<ethtool_sfeatures, ethtool_set_features_block> change(blocks);
    change->cmd = ETHTOOL_SFEATURES;
    change->size = blocks;
    for (std::uint32_t i = 0; i < features; ++i) {
        const char* text = names.elements()[i].text;
        if (leaves_frames_unfinished({text, ::strnlen(text, ETH_GSTRING_LEN)})) {
            change.elements()[i / 32].valid |= 1U << (i % 32);
        }
    }
    if (!ethtool.ask(change.data())) {
        return std::unexpected(std::strerror(errno));
    }
    return {};
}

std::uint32_t receive_queues(const std::string& interface) {
    Ethtool ethtool(interface);
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    if (!ethtool.ask(&channels)) {
        return 1;
    }
    return std::max(channels.rx_count + channels.combined_count, 1U);
}

}  // namespace keyline::datapath
