// Loads the kernel programs as keylined does and attaches them to an interface, then prints of each program
// its name and how many instructions the verifier looked at. Exit status 1, with the error, when the kernel
// refuses.
//
//   load_programs INTERFACE
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "datapath/datapath.h"
#include "datapath/secure_watch.h"

namespace {

using keyline::datapath::Datapath;
using keyline::datapath::Options;

int report(const std::string& error) {
    fmt::print(stderr, "load_programs: {}\n", error);
    return 1;
}

void print_programs() {
    std::uint32_t id = 0;
    while (bpf_prog_get_next_id(id, &id) == 0) {
        const int fd = bpf_prog_get_fd_by_id(id);
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
            std::strncmp(info.name, "kl_", 3) == 0) {
            fmt::print("{} {}\n", info.name, info.verified_insns);
        }
        ::close(fd);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return report("usage: load_programs INTERFACE");
    }
    const Options options{.instance = "load", .max_sas = 64, .max_flows = 4096};
    auto datapath = Datapath::open(options);
    if (!datapath) {
        return report(datapath.error());
    }
    if (const auto attached = datapath->attach(argv[1], keyline::policy::InterfaceRole::kUnprotected);
        !attached) {
        return report(attached.error());
    }
    keyline::datapath::SecureWatch watch({options.pin_root, options.instance});
    if (const auto begun = watch.begin(); !begun) {
        return report(begun.error());
    }
    print_programs();
    return 0;
}
