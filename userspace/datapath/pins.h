// Where an instance's maps and links are pinned.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "bpfmap/bpf_map.h"

namespace keyline::datapath {

class Pins {
  public:
    Pins(const std::string& root, const std::string& instance)
        : root_(root), instance_(instance), directory_(root + "/" + instance) {}

    // Makes the directory, on a bpffs that is mounted at /sys/fs/bpf when none is there.
    std::expected<void, std::string> prepare() const;

    // Where every instance has its directory.
    const std::string& root() const { return root_; }
    const std::string& instance() const { return instance_; }
    const std::string& directory() const { return directory_; }
    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    // The XDP link of a port (shared/port.h). Names in a bpffs have no dots, so the interface's name is no
    // use.
    static constexpr const char* kLinkPrefix = "link_port_";
    std::string link_path(std::uint32_t port) const { return path(kLinkPrefix + std::to_string(port)); }

    // nullopt when the instance has no such map.
    std::optional<bpfmap::Map> map(const std::string& name) const;

    // Unpins everything. False when there was nothing.
    bool remove() const;

  private:
    std::string root_;
    std::string instance_;
    std::string directory_;
};

}  // namespace keyline::datapath
