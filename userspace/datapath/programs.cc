#include "datapath/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "datapath/cpu_spread.h"
#include "datapath/datapath.h"
#include "keyline.skel.h"

namespace keyline::datapath {
namespace {

// libbpf's first warning while a load runs that it does not get over itself: it names the cause.
std::string* collected_warnings = nullptr;

int collect_warning(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN || collected_warnings == nullptr || collected_warnings->size() > 400) {
        return 0;
    }
    char line[512];
    const int length = std::vsnprintf(line, sizeof(line), format, arguments);
    if (length > 0) {
        collected_warnings->append(line);
    }
    return length;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string load_failure(int error, const std::string& warnings, const std::string& directory) {
    if (error == EPERM) {
        return "the kernel refuses to load BPF programs: run as root or with CAP_BPF, CAP_NET_ADMIN and "
               "CAP_PERFMON";
    }
    const std::string reason = warnings.empty() ? std::strerror(error) : first_line(warnings);
    return "cannot load the BPF programs of " + directory + ": " + reason;
}

// The versions of contract that the pinned maps have, when there are any.
std::expected<void, std::string> check_version(const Pins& pins) {
    const auto map = pins.map("kl_config");
    if (!map) {
        return {};
    }
    const auto config = map->lookup<kl_config>(std::uint32_t{0});
    // 0: a predecessor died between making the map and filling it in.
    if (config && (config->version == KL_CONTRACT_VERSION || config->version == 0)) {
        return {};
    }
    return std::unexpected(
        pins.directory() +
        " holds maps of another version of Keyline: stop keyline-fastpath and remove the directory " +
        "(traffic under protect rules stops until keyline has started again)");
}

// The size of a map that exists is its own; else the one wanted.
void set_size(bpf_map* map, std::uint32_t wanted, const Pins& pins) {
    const auto present = pins.map(bpf_map__name(map));
    bpf_map__set_max_entries(map, present ? present->max_entries() : wanted);
}

}  // namespace

void Programs::Destroy::operator()(keyline_bpf* skeleton) const { keyline_bpf__destroy(skeleton); }

std::expected<Programs, std::string> Programs::load(const Pins& pins, const Options& options) {
    if (const auto checked = check_version(pins); !checked) {
        return std::unexpected(checked.error());
    }

    std::string warnings;
    collected_warnings = &warnings;
    libbpf_set_print(collect_warning);
    LIBBPF_OPTS(bpf_object_open_opts, open_options, .pin_root_path = pins.directory().c_str());
    Programs programs(keyline_bpf__open_opts(&open_options));
    int error = programs.skeleton_ ? 0 : errno;
    if (programs.skeleton_) {
        auto& maps = programs.skeleton_->maps;
        for (bpf_map* map : {maps.kl_sas, maps.kl_sa_keys, maps.kl_sa_state, maps.kl_sa_by_spi, maps.kl_slots,
                             maps.kl_slot_by_key}) {
            set_size(map, options.max_sas, pins);
        }
        set_size(maps.kl_flows, options.max_flows, pins);
        set_size(maps.kl_connections, options.max_flows, pins);
        set_size(maps.kl_cpus, CpuSpread::map_entries(), pins);
        error = -keyline_bpf__load(programs.skeleton_.get());
    }
    collected_warnings = nullptr;
    if (error != 0 || !programs.skeleton_) {
        return std::unexpected(load_failure(error, warnings, pins.directory()));
    }
    return programs;
}

int Programs::ingress() const { return bpf_program__fd(skeleton_->progs.kl_ingress); }
int Programs::egress() const { return bpf_program__fd(skeleton_->progs.kl_egress); }
int Programs::handover_in() const { return bpf_program__fd(skeleton_->progs.kl_handover_in); }
int Programs::handover_out() const { return bpf_program__fd(skeleton_->progs.kl_handover_out); }

std::array<SocketProgram, 4> Programs::of_sockets() const {
    const auto& progs = skeleton_->progs;
    const auto made_for = [](const bpf_program* program) {
        return SocketProgram{.name = bpf_program__name(program),
                             .fd = bpf_program__fd(program),
                             .type = bpf_program__expected_attach_type(program)};
    };
    return {made_for(progs.kl_connect_v4), made_for(progs.kl_connect_v6), made_for(progs.kl_socket_made),
            made_for(progs.kl_socket_in)};
}

}  // namespace keyline::datapath
