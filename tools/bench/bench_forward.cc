// Packets per second through the fast path (seal and forward, from a protected port to an unprotected one)
// beside a plain AF_XDP forward over the same interfaces, in turns within one run.
//
//   [generator, CPU 0] g0 <-veth-> p0 [AF_XDP socket] -> worker, CPU 1 -> [AF_XDP socket] u0 <-veth-> s0
//   [sink]
//
// All in a network namespace of this process, which goes with it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <thread>

#include "bench_forward.skel.h"
#include "bench_sa.h"
#include "fastpath/link_layer.h"
#include "fastpath/open.h"
#include "fastpath/worker.h"
#include "shared/names.h"
#include "statistics.h"

namespace {

using namespace keyline;
using namespace keyline::fastpath;
using bench::fail;

constexpr std::uint8_t kIn = 1, kOut = 2;  // ports
constexpr std::uint32_t kSa = 1;
constexpr int kGeneratorCpu = 0, kWorkerCpu = 1;

void pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <typename Value>
Value take(std::expected<Value, std::string> result) {
    if (!result) throw std::runtime_error(result.error());
    if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

void run_command(const std::string& command) {
    if (std::system(command.c_str()) != 0) throw std::runtime_error("`" + command + "` failed");
}

// The interfaces, the programs, and the maps of an instance that exists for this run only.
class Laboratory {
  public:
    Laboratory() {
        if (unshare(CLONE_NEWNET) != 0)
            throw std::runtime_error("cannot make a network namespace: run me as root");
        run_command("ip link add g0 type veth peer name p0 && ip link add u0 type veth peer name s0");
        for (const char* name : {"g0", "p0", "u0", "s0"}) {
            run_command(
                fmt::format("echo 1 > /proc/sys/net/ipv6/conf/{0}/disable_ipv6; ip link set {0} up", name));
        }
        // Only until the maps are opened, so that nothing stays behind however this run ends.
        const std::string instance = fmt::format("bench-{}", getpid());
        const Pins pins(pin_directory(instance));
        LIBBPF_OPTS(bpf_object_open_opts, options);
        options.pin_root_path = pins.path.c_str();
        skeleton_.reset(bench_forward_bpf__open_opts(&options));
        if (skeleton_ == nullptr || bench_forward_bpf__load(skeleton_.get()) != 0) {
            throw std::runtime_error("the kernel refuses the BPF programs: run me as root");
        }
        links_[0] =
            bpf_program__attach_xdp(skeleton_->progs.to_socket, static_cast<int>(if_nametoindex("p0")));
        links_[1] = bpf_program__attach_xdp(skeleton_->progs.sink, static_cast<int>(if_nametoindex("s0")));
        if (links_[0] == nullptr || links_[1] == nullptr)
            throw std::runtime_error("cannot attach XDP programs");
        skeleton_->bss->generator_ifindex = if_nametoindex("g0");
        const kl_config config{.version = KL_CONTRACT_VERSION};
        write(skeleton_->maps.kl_config, 0, config);
        maps_ = std::make_unique<InstanceMaps>(take(InstanceMaps::open(instance)));
        add_port(kIn, "p0", KL_PORT_PROTECTED);
        add_port(kOut, "u0", KL_PORT_UNPROTECTED);
    }
    ~Laboratory() {
        for (bpf_link* link : links_)
            bpf_link__destroy(link);
    }
    Laboratory(const Laboratory&) = delete;
    Laboratory& operator=(const Laboratory&) = delete;

    const InstanceMaps& maps() const { return *maps_; }
    bench_forward_bpf& bpf() { return *skeleton_; }

    // Puts an SA of the suite in the place of the one before.
    void install(const bench::Suite& suite) {
        kl_sa sa = bench::make_sa(suite, KL_OUTBOUND);
        sa.epoch = ++epoch_;
        const kl_sa_keys keys = bench::make_keys(suite);
        write(skeleton_->maps.kl_sa_keys, kSa, keys);
        write(skeleton_->maps.kl_sas, kSa, sa);
        write(skeleton_->maps.kl_sa_state, kSa, kl_sa_state{.epoch = sa.epoch});
    }

  private:
    struct Pins {
        explicit Pins(std::string directory) : path(std::move(directory)) {
            std::filesystem::create_directories(path);
        }
        ~Pins() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        std::string path;
    };
    struct Destroyed {
        void operator()(bench_forward_bpf* skeleton) const { bench_forward_bpf__destroy(skeleton); }
    };

    template <typename Value>
    static void write(bpf_map* map, std::uint32_t key, const Value& value) {
        if (bpf_map__update_elem(map, &key, sizeof key, &value, sizeof value, BPF_ANY) != 0) {
            throw std::runtime_error("cannot write to a map");
        }
    }
    void add_port(std::uint8_t number, const char* name, kl_port_role role) {
        kl_port& port = maps_->ports()[number];
        port.ifindex = if_nametoindex(name);
        port.mtu = 1500;
        port.role = static_cast<std::uint8_t>(role);
        port.xdp_mode = KL_XDP_NATIVE;
        port.queues = 1;
        port.epoch = 1;
        std::strncpy(port.name, name, sizeof port.name - 1);
    }

    std::unique_ptr<bench_forward_bpf, Destroyed> skeleton_;
    std::array<bpf_link*, 2> links_{};
    std::unique_ptr<InstanceMaps> maps_;
    std::uint32_t epoch_ = 0;
};

// Sends frames into g0 as fast as the kernel makes them, for as long as it lives.
class Generator {
  public:
    Generator(Laboratory& laboratory, std::uint32_t packet_octets) {
        Bytes frame(kEthernetOctets);
        write_handover(frame.data(), KL_HANDOVER_SEAL, kOut, kSa);
        frame[12] = 0x08;
        append(frame, bench::udp_packet(packet_octets));
        std::copy_n(frame.begin(), sizeof laboratory.bpf().bss->header, laboratory.bpf().bss->header);
        const int program = bpf_program__fd(laboratory.bpf().progs.generate);
        thread_ = std::thread([frame, program]() mutable {
            pin_to(kGeneratorCpu);
            LIBBPF_OPTS(bpf_test_run_opts, options);
            options.data_in = frame.data();
            options.data_size_in = static_cast<std::uint32_t>(frame.size());
            options.repeat = INT32_MAX;
            options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
            options.batch_size = 64;
            bpf_prog_test_run_opts(program, &options);  // ended by the signal
        });
    }
    ~Generator() {
        pthread_kill(thread_.native_handle(), SIGUSR1);
        thread_.join();
    }
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

  private:
    std::thread thread_;
};

// What AF_XDP costs without ESP: frames from one socket to the other, with the port's address written.
class PlainForward {
  public:
    explicit PlainForward(Laboratory& laboratory) : pool_(take(FramePool::create(16384))) {
        in_ = open("p0");
        out_ = open("u0");
        const std::uint32_t index = KL_XSK_INDEX(kIn, 0);
        take(laboratory.maps().xsks().update(index, static_cast<std::uint32_t>(in_->fd())));
    }
    void run(const std::atomic<bool>& stop) {
        std::array<Frame, 256> frames;
        std::uint32_t lost = 0;
        while (!stop) {
            const std::size_t count = in_->receive(frames, lost);
            for (const Frame& frame : std::span(frames).first(count)) {
                std::memset(frame.link() + kSourceAt, 2, kAddressOctets);
                if (!out_->send(frame)) pool_->give(frame);
            }
            out_->kick();
            in_->replenish();
            if (count != 0) continue;
            pollfd polled{.fd = in_->fd(), .events = POLLIN};
            poll(&polled, 1, 2);
        }
    }

  private:
    // The queue is busy for a moment after the contender before has closed its socket.
    std::unique_ptr<XskSocket> open(const char* interface) {
        for (int tries = 0; tries < 100; ++tries) {
            auto socket = XskSocket::open(*pool_, interface, 0, KL_XDP_NATIVE);
            if (socket) return std::move(*socket);
            usleep(20'000);
        }
        throw std::runtime_error(fmt::format("AF_XDP on {}: the queue stays busy", interface));
    }

    std::unique_ptr<FramePool> pool_;
    std::unique_ptr<XskSocket> in_, out_;
};

// Opens a packet that reached the sink; an engine that encrypts nothing would be fast.
void check_sealed(Laboratory& laboratory, const bench::Suite& suite, std::uint32_t packet_octets) {
    auto& bss = *laboratory.bpf().bss;
    bss.capture_wanted = 1;
    for (int i = 0; i < 1000 && __atomic_load_n(&bss.capture_wanted, __ATOMIC_ACQUIRE) != 0; ++i)
        usleep(1000);
    auto engine = make_engine(KL_CRYPTO_OPENSSL);
    bench::SaPair pair(**engine, suite);
    Bytes memory(bss.captured, bss.captured + bss.captured_octets);
    Frame frame{memory.data(), static_cast<std::uint32_t>(memory.size()), 0,
                static_cast<std::uint32_t>(memory.size()), kEthernetOctets};
    OpenRequest request{.frame = &frame, .sa = &pair.inbound()};
    std::uint32_t sa_events = 0;
    Opener(**engine, &sa_events).open({&request, 1}, Clock::now());
    if (bss.capture_wanted != 0 || request.reason != KL_REASON_OPENED ||
        frame.network_octets() != packet_octets) {
        throw std::runtime_error("a packet at the sink does not open to what was sent");
    }
}

// What stands between the two sockets.
struct Contestant {
    std::function<void(const std::atomic<bool>& stop)> serve;
    std::function<bool()> is_ready;  // to be given packets
    std::function<void()> check;     // throws when what arrives at the sink is wrong
};

// Serves on its own CPU for as long as it lives.
class Server {
  public:
    explicit Server(const Contestant& contestant)
        : thread_([this, &contestant] {
              pin_to(kWorkerCpu);
              contestant.serve(stop_);
          }) {}
    ~Server() {
        stop_ = true;
        thread_.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

bool wait_for(const std::function<bool()>& condition) {
    for (int waits = 0; waits < 500; ++waits) {
        if (condition()) return true;
        usleep(10'000);
    }
    return false;
}

double rate_at_sink(Laboratory& laboratory, double seconds) {
    const auto received = [&] { return __atomic_load_n(&laboratory.bpf().bss->received, __ATOMIC_RELAXED); };
    if (!wait_for([&, idle = received()] { return received() != idle; })) {
        throw std::runtime_error("no packet arrives at the sink");
    }
    usleep(100'000);
    const std::uint64_t before = received();
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const std::uint64_t count = received() - before;
    return static_cast<double>(count) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Packets per second at the sink.
double measure(Laboratory& laboratory, std::uint32_t packet_octets, double seconds,
               const Contestant& contestant) {
    const Server server(contestant);
    if (!wait_for(contestant.is_ready)) throw std::runtime_error("the sockets cannot be opened");
    const Generator generator(laboratory, packet_octets);
    const double rate = rate_at_sink(laboratory, seconds);
    contestant.check();
    return rate;
}

double measure_plain(Laboratory& laboratory, std::uint32_t octets, double seconds) {
    PlainForward forward(laboratory);
    return measure(laboratory, octets, seconds,
                   {.serve = [&](const auto& stop) { forward.run(stop); },
                    .is_ready = [] { return true; },
                    .check = [] {}});
}

double measure_esp(Laboratory& laboratory, const bench::Suite& suite, kl_crypto_engine engine,
                   std::uint32_t octets, double seconds) {
    laboratory.install(suite);
    Transfers transfers(1);
    const auto worker = take(Worker::create(laboratory.maps(), transfers, {.engine = engine}));
    const auto ports = laboratory.maps().ports();
    return measure(laboratory, octets, seconds,
                   {.serve = [&](const auto& stop) { worker->run(stop); },
                    .is_ready = [&] { return ports[kIn].served[0] != 0 && ports[kOut].served[0] != 0; },
                    .check = [&] { check_sealed(laboratory, suite, octets); }});
}

struct Contender {
    const bench::Suite& suite;
    kl_crypto_engine engine;
};

void compare(double seconds, int rounds) {
    Laboratory laboratory;
    std::vector<Contender> contenders;
    const bool has_ipsec_mb = make_engine(KL_CRYPTO_IPSEC_MB).has_value();
    for (const bench::Suite& suite : bench::kSuites) {
        if (has_ipsec_mb) contenders.push_back({suite, KL_CRYPTO_IPSEC_MB});
        if (suite.encryption == KL_ENCR_AES_GCM_16) contenders.push_back({suite, KL_CRYPTO_OPENSSL});
    }
    fmt::print(
        "Seal and forward beside a plain AF_XDP forward on the same veths, in turns: medians of {} rounds of "
        "{} s.\n"
        "Generator (BPF_PROG_TEST_RUN, live frames) on CPU {}, worker on CPU {}; packets counted by XDP at "
        "the end,\n"
        "one of each kind opened and checked. Tunnel mode, IPv4; octets are those of the plaintext packet.\n"
        "Goals: 0.80, 0.80, 0.75 of the plain forward with AES-GCM at 64, 512, 1400 octets.\n\n",
        rounds, seconds, kGeneratorCpu, kWorkerCpu);
    fmt::print("{:>6}  {:<28} {:<9} {:>8} {:>8} {:>7}\n", "octets", "suite", "engine", "Mpps", "Gbit/s",
               "ratio");
    for (const std::uint32_t octets : {64U, 512U, 1400U}) {
        std::vector<double> plain;
        std::vector<std::vector<double>> rates(contenders.size()), ratios(contenders.size());
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t i = 0; i < contenders.size(); ++i) {
                // A turn of its own before each: the machine may be another's meanwhile.
                plain.push_back(measure_plain(laboratory, octets, seconds));
                rates[i].push_back(
                    measure_esp(laboratory, contenders[i].suite, contenders[i].engine, octets, seconds));
                ratios[i].push_back(rates[i].back() / plain.back());
            }
        }
        const auto print = [&](const char* suite, std::string_view engine, double rate, double ratio) {
            fmt::print("{:>6}  {:<28} {:<9} {:>8.2f} {:>8.2f} {:>7.2f}\n", octets, suite, engine, rate / 1e6,
                       rate * octets * 8 / 1e9, ratio);
        };
        print("plain forward", "-", bench::median(plain), 1);
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            print(contenders[i].suite.name, kl_crypto_engine_name(contenders[i].engine),
                  bench::median(rates[i]), bench::median(ratios[i]));
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 0.5;
    int rounds = 3;
    CLI::App app{"Packets per second through the fast path beside a plain AF_XDP forward", "bench-forward"};
    app.add_option("--seconds", seconds, "Length of one measurement")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--rounds", rounds, "Measurements of each kind")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    struct sigaction quiet {};
    quiet.sa_handler = [](int) {};
    sigaction(SIGUSR1, &quiet, nullptr);  // without SA_RESTART: it ends the generator's call
    spdlog::set_level(spdlog::level::warn);
    try {
        compare(seconds, rounds);
    } catch (const std::exception& error) {
        fail(error.what());
    }
}
