#include "kernel_esp_bed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <numeric>

namespace keyline::bench {
namespace {

using datapath::Datapath;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kPayloadOctets = 64 - 28;  // of an IPv4 packet of 64 octets
constexpr Seconds kFlood{0.1};
constexpr int kRoundTrips = 50;

int need_fd(int fd, const char* what) {
    if (fd < 0) {
        fail(fmt::format("cannot {}: {}", what, std::strerror(errno)));
    }
    return fd;
}

void run(const std::string& command) {
    if (std::system(command.c_str()) != 0) {
        fail("`" + command + "` failed");
    }
}

}  // namespace

double seconds_of(const std::function<void()>& work) {
    const auto start = Clock::now();
    work();
    return Seconds(Clock::now() - start).count();
}

Side::Side(View view) : view_(view) {
    if (::unshare(CLONE_NEWNET) != 0) {
        fail("cannot make a network namespace: run it as root");
    }
    namespace_ = need_fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open a network namespace");
    run("ip link set lo up");
}

Side::~Side() {
    for (const int socket : sockets_) {
        ::close(socket);
    }
    if (datapath_) {
        enter();
        datapath_.reset();
        (void)Datapath::purge(instance_);
    }
    ::close(namespace_);
}

void Side::enter() const {
    if (::setns(namespace_, CLONE_NEWNET) != 0) {
        fail("cannot enter a network namespace");
    }
}

std::string Side::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), namespace_); }

void Side::open(const std::string& instance) {
    enter();
    instance_ = instance;
    datapath_.emplace(need(Datapath::open({.instance = instance, .max_sas = 4096, .max_flows = 4096})));
    need(datapath_->attach("port", policy::InterfaceRole::kUnprotected));
}

void Side::apply(Kind kind, unsigned peers) {
    enter();
    need(datapath_->apply(policy_of(kind, peers, view_)));
}

std::vector<double> Side::install(Kind kind, unsigned peers) {
    enter();
    std::vector<double> taken;
    for (unsigned peer = 0; peer < peers; ++peer) {
        taken.push_back(seconds_of([&] {
            for (const auto direction : {policy::Direction::kInbound, policy::Direction::kOutbound}) {
                need(datapath_->install(entry_of(kind, peer, direction, view_)));
            }
        }));
    }
    return taken;
}

std::uint64_t Side::opened() {
    enter();
    datapath_->read_kernel_sas();
    const auto sas = datapath_->view().sas();
    return std::accumulate(sas.begin(), sas.end(), std::uint64_t{0}, [](std::uint64_t sum, const auto& sa) {
        return sum + (sa.sa.direction == KL_INBOUND ? sa.packets : 0);
    });
}

int Side::udp_socket(const sockaddr_in* at) {
    enter();
    const int socket = need_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a socket");
    sockets_.push_back(socket);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (at != nullptr && ::bind(socket, reinterpret_cast<const sockaddr*>(at), sizeof(*at)) != 0) {
        fail("cannot bind a socket");
    }
    return socket;
}

Bed::Bed(Kind kind, unsigned peers) : kind_(kind), peers_(peers), host_(View::kHost), others_(View::kPeers) {
    others_.enter();
    run("ip link add port type veth peer name port netns " + host_.path());
    run(addresses_of(View::kPeers));
    host_.enter();
    run(addresses_of(View::kHost));
    if (kind != Kind::kPlain) {
        start();
    }
    sender_ = host_.udp_socket();
    for (unsigned peer = 0; peer < peers; ++peer) {
        targets_.push_back(target_of(kind, peer));
        receivers_.push_back(others_.udp_socket(&targets_.back()));
    }
    reach_all();
}

double Bed::flood(bool in_turn) {
    host_.enter();
    std::uint64_t sent = 0;
    const auto start = Clock::now();
    Seconds taken{};
    do {
        for (int burst = 0; burst < 64; ++burst, ++sent) {
            send(in_turn ? sent % peers_ : peers_ - 1);
        }
        taken = Clock::now() - start;
    } while (taken < kFlood);
    sent_ += sent;
    return taken.count() / static_cast<double>(sent);
}

double Bed::round_trip() {
    char octets[2 * kPayloadOctets];
    const int receiver = receivers_.back();
    while (::recv(receiver, octets, sizeof(octets), MSG_DONTWAIT) > 0) {
    }
    const double taken = seconds_of([&] {
        for (int i = 0; i < kRoundTrips; ++i) {
            sockaddr_in from{};
            socklen_t length = sizeof(from);
            send(peers_ - 1);
            const bool there = ::recvfrom(receiver, octets, sizeof(octets), 0,
                                          reinterpret_cast<sockaddr*>(&from), &length) > 0;
            if (!there ||
                ::sendto(receiver, octets, kPayloadOctets, 0, reinterpret_cast<const sockaddr*>(&from),
                         length) < 0 ||
                ::recv(sender_, octets, sizeof(octets), 0) < 0) {
                fail(fmt::format("{}: no answer from the last of {} peers", name_of(kind_), peers_));
            }
        }
    });
    sent_ += kRoundTrips;
    return taken / kRoundTrips;
}

void Bed::check_counts() {
    if (const std::uint64_t opened = kind_ == Kind::kPlain ? sent_ : others_.opened(); opened != sent_) {
        fail(fmt::format("{}: {} packets sent and {} opened", name_of(kind_), sent_, opened));
    }
}

void Bed::start() {
    const std::string instance = fmt::format("{}-{}", static_cast<int>(kind_), peers_);
    host_.open("l" + instance);
    others_.open("r" + instance);
    setup_.policy = seconds_of([&] { host_.apply(kind_, peers_); });
    setup_.pairs = host_.install(kind_, peers_);
    others_.apply(kind_, peers_);
    others_.install(kind_, peers_);
}

void Bed::reach_all() {
    host_.enter();
    char octets[2 * kPayloadOctets];
    for (std::size_t peer = 0; peer < peers_; ++peer) {
        send(peer);
        ++sent_;
        if (::recv(receivers_[peer], octets, sizeof(octets), 0) < 0) {
            fail(fmt::format("{}: nothing reaches peer {} of {}", name_of(kind_), peer + 1, peers_));
        }
    }
}

void Bed::send(std::size_t peer) {
    static constexpr char kPayload[kPayloadOctets] = {};
    if (::sendto(sender_, kPayload, sizeof(kPayload), 0, reinterpret_cast<const sockaddr*>(&targets_[peer]),
                 sizeof(sockaddr_in)) < 0) {
        fail(fmt::format("{}: cannot send: {}", name_of(kind_), std::strerror(errno)));
    }
}

}  // namespace keyline::bench
