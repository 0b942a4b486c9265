// The kernel programs: one object, loaded once, whose maps are the instance's pinned ones.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <expected>
#include <memory>
#include <string>

#include "datapath/pins.h"

struct keyline_bpf;

namespace keyline::datapath {

struct Options;

// One that is attached to a cgroup.
struct SocketProgram {
    const char* name;
    int fd;  // as those of Programs
    bpf_attach_type type;
};

class Programs {
  public:
    // Makes and pins maps that are absent, with the sizes of `options`, and takes those that are there as
    // they are. The error of a missing privilege or of maps of another version says what to do.
    static std::expected<Programs, std::string> load(const Pins& pins, const Options& options);

    // File descriptors, valid as long as this object.
    int ingress() const;
    int egress() const;
    int handover_in() const;
    int handover_out() const;
    // bpf/sockets.bpf.c
    std::array<SocketProgram, 4> of_sockets() const;

  private:
    struct Destroy {
        void operator()(keyline_bpf* skeleton) const;
    };
    explicit Programs(keyline_bpf* skeleton) : skeleton_(skeleton) {}
    std::unique_ptr<keyline_bpf, Destroy> skeleton_;
};

}  // namespace keyline::datapath
