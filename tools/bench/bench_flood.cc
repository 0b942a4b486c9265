// The flooder of tools/bench/bench-flood: bench_flood INTERFACE FRAME NETWORK SECONDS sends the Ethernet
// frame in the file FRAME, a first message in IPv4, out of INTERFACE as fast as the kernel makes copies of
// it, each from another address of NETWORK.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/time.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "base/ip_address.h"
#include "bench_flood.skel.h"
#include "statistics.h"

namespace {

using namespace keyline;

std::vector<char> read_frame(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> octets{std::istreambuf_iterator<char>(file), {}};
    if (octets.empty()) bench::fail("the frame cannot be read, or is empty");
    return octets;
}

// Interrupts the endless call.
void end_after(int seconds) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    const itimerval timer{.it_interval = {0, 100'000}, .it_value = {seconds, 0}};
    setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) bench::fail("start it by tools/bench/bench-flood, which makes the hosts");
    const unsigned interface = if_nametoindex(argv[1]);
    const auto network = Prefix::parse(argv[3]);
    const int seconds = std::atoi(argv[4]);
    std::vector<char> frame = read_frame(argv[2]);
    if (interface == 0 || !network || !network->address.is_v4() || seconds <= 0)
        bench::fail("there is no such interface, or the network is not IPv4, or there is no time");

    const std::unique_ptr<bench_flood_bpf, decltype(&bench_flood_bpf__destroy)> bpf(
        bench_flood_bpf__open_and_load(), bench_flood_bpf__destroy);
    if (!bpf) bench::fail("cannot load the generator");
    auto& settings = *bpf->bss;
    if (frame.size() > sizeof settings.frame) bench::fail("the frame is too long");
    std::ranges::copy(frame, reinterpret_cast<char*>(settings.frame));
    settings.frame_octets = static_cast<__u32>(frame.size());
    std::ranges::copy(network->address.octets(), reinterpret_cast<std::uint8_t*>(&settings.network));
    settings.mask = htonl(network->length == 0 ? 0 : ~0U << (32 - network->length));
    settings.out_ifindex = interface;

    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<__u32>(frame.size());
    options.repeat = INT32_MAX;
    options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    options.batch_size = 64;
    end_after(seconds);
    bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.flood), &options);
}
