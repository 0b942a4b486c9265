#include "fastpath/worker.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "shared/names.h"

namespace keyline::fastpath {
namespace {

constexpr std::size_t kReceiveBatch = 256;
constexpr std::uint64_t kHousekeeping = 1'000'000'000;  // nanoseconds
// A queue stays busy for a moment after its last socket was closed, as the kernel frees it in the background.
// So a socket that cannot be opened is tried again soon, and reported only when that goes on.
constexpr std::uint64_t kRetry = 100'000'000;  // nanoseconds
constexpr unsigned kTriesBeforeReport = 10;
constexpr int kIdleWait = 200;  // milliseconds; also how soon a new port is noticed
constexpr int kRetryWait = 50;  // milliseconds, while a socket is missing
constexpr int kShortWait = 2;   // milliseconds, while packets wait for time

constexpr std::size_t kPrefetchAhead = 4;

// Another CPU wrote the frame: its headers are far away, and so is the place before them where ours will go.
void prefetch_headers(const Frame& frame) {
    constexpr int kToWrite = 1;
    __builtin_prefetch(frame.link(), kToWrite);
    __builtin_prefetch(frame.link() - 64, kToWrite);
}

}  // namespace

std::expected<std::unique_ptr<Worker>, std::string> Worker::create(const InstanceMaps& maps,
                                                                   Transfers& transfers,
                                                                   const Options& options) {
    auto engine = make_engine(options.engine);
    if (!engine) return std::unexpected(engine.error());
    auto pool = FramePool::create(options.frames);
    if (!pool) return std::unexpected(pool.error());
    return std::unique_ptr<Worker>(
        new Worker(maps, transfers, options, std::move(*pool), std::move(*engine)));
}

Worker::Worker(const InstanceMaps& maps, Transfers& transfers, const Options& options,
               std::unique_ptr<FramePool> pool, std::unique_ptr<CryptoEngine> engine)
    : maps_(maps),
      transfers_(transfers),
      options_(options),
      pool_(std::move(pool)),
      engine_(std::move(engine)),
      sas_(maps, *engine_),
      connections_(maps),
      path_(*engine_, sas_, connections_, *this, *pool_, maps.ports(), maps.counters()[options.number],
            &maps.config().sa_events) {}

Worker::~Worker() {
    for (const Served& served : served_) {
        kl_port& port = maps_.ports()[served.port];
        port.served[served.queue] = 0;
        port.xsk_mode[served.queue] = KL_XSK_NONE;
    }
}

void Worker::run(const std::atomic<bool>& stop) {
    while (!stop.load(std::memory_order_relaxed)) {
        clock_ = Clock::now();
        path_.set_clock(clock_);
        keep_house();
        last_alive_.store(clock_.monotonic, std::memory_order_relaxed);
        if (!serve_once()) wait();
    }
}

void Worker::wake() { transfers_.wake(options_.number); }

// One time around all sockets. False when there was nothing to do.
bool Worker::serve_once() {
    std::array<Frame, kReceiveBatch> frames;
    bool busy = false;
    std::uint32_t lost = 0;
    for (Served& served : served_) {
        const std::size_t count = served.socket->receive(frames, lost);
        for (std::size_t i = 0; i < count; ++i) {
            if (i + kPrefetchAhead < count) prefetch_headers(frames[i + kPrefetchAhead]);
            path_.receive(served.port, frames[i]);
        }
        busy |= count != 0;
    }
    counters().by_reason[KL_REASON_DROP_RING_FULL] += lost;
    path_.flush();
    if (transfers_.has_any(options_.number)) send_transfers();
    if (path_.is_waiting()) path_.tick();
    for (Served& served : served_) {
        served.socket->kick();
        served.socket->replenish();
    }
    sas_.release_replaced();
    return busy;
}

void Worker::wait() {
    std::vector<pollfd> polled;
    bool unsent = false;
    for (const Served& served : served_) {
        polled.push_back({.fd = served.socket->fd(), .events = POLLIN});
        unsent |= served.socket->has_unsent();
    }
    polled.push_back({.fd = transfers_.fd(options_.number), .events = POLLIN});
    const bool soon = unsent || path_.is_waiting();
    poll(polled.data(), polled.size(), soon ? kShortWait : failed_tries_ != 0 ? kRetryWait : kIdleWait);
}

// Sends what other workers left here for ports that only this one serves.
void Worker::send_transfers() {
    for (const Transfers::Item& item : transfers_.take(options_.number)) {
        auto frame = pool_->take_for(static_cast<std::uint32_t>(item.frame.size()));
        XskSocket* const socket = transmit_by_[item.port];
        if (frame && socket != nullptr) {
            frame->length = static_cast<std::uint32_t>(item.frame.size());
            std::copy(item.frame.begin(), item.frame.end(), frame->link());
            if (socket->send(*frame)) continue;
        }
        if (frame) pool_->give(*frame);
        ++counters().by_reason[KL_REASON_DROP_RING_FULL];
    }
}

bool Worker::send(std::uint8_t port, const Frame& frame) {
    if (XskSocket* const socket = transmit_by_[port]) return socket->send(frame);
    const std::uint8_t other = maps_.ports()[port].served[0];
    if (other == 0 || other == options_.number + 1) return false;
    if (!transfers_.put(other - 1U, port, frame.octets())) return false;
    pool_->give(frame);
    return true;
}

void Worker::keep_house() {
    const std::uint32_t epoch = __atomic_load_n(&maps_.config().ports_epoch, __ATOMIC_ACQUIRE);
    if (epoch != ports_epoch_ || (failed_tries_ != 0 && clock_.monotonic - last_try_ > kRetry)) {
        ports_epoch_ = epoch;
        follow_ports();
    }
    if (clock_.monotonic - last_housekeeping_ <= kHousekeeping) return;
    last_housekeeping_ = clock_.monotonic;
    sas_.sweep();
    for (Served& served : served_) {
        counters().by_reason[KL_REASON_DROP_RING_FULL] += served.socket->take_dropped();
    }
}

// Makes the sockets be those that kl_ports asks for.
void Worker::follow_ports() {
    last_try_ = clock_.monotonic;
    std::string error;
    close_gone();
    for (std::uint32_t number = 0; number < KL_MAX_PORTS; ++number) {
        const kl_port& port = maps_.ports()[number];
        if (port.role == KL_PORT_NONE || port.ifindex == 0) continue;
        for (std::uint32_t queue = 0; queue < std::min<std::uint32_t>(port.queues, KL_MAX_QUEUES); ++queue) {
            const bool have = std::ranges::any_of(served_, [&](const Served& served) {
                return served.port == number && served.queue == queue;
            });
            if (!is_mine(queue) || have) continue;
            const auto opened =
                open_socket(static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(queue));
            if (!opened) error = opened.error();
        }
    }
    failed_tries_ = error.empty() ? 0 : failed_tries_ + 1;
    if (failed_tries_ == kTriesBeforeReport) spdlog::error("worker {}: {}", options_.number, error);
    index_sockets();
}

void Worker::close_gone() {
    std::erase_if(served_, [this](const Served& served) {
        kl_port& port = maps_.ports()[served.port];
        const bool same = port.role != KL_PORT_NONE && port.ifindex == served.ifindex &&
                          port.xdp_mode == served.xdp_mode && served.queue < port.queues;
        if (same) return false;
        port.served[served.queue] = 0;
        port.xsk_mode[served.queue] = KL_XSK_NONE;
        spdlog::info("worker {}: port {} queue {} is gone", options_.number, served.port, served.queue);
        return true;
    });
}

std::expected<void, std::string> Worker::open_socket(std::uint8_t number, std::uint8_t queue) {
    kl_port& port = maps_.ports()[number];
    const std::string name(port.name, strnlen(port.name, sizeof port.name));
    auto socket = XskSocket::open(*pool_, name, queue, static_cast<kl_xdp_mode>(port.xdp_mode));
    if (!socket) return std::unexpected(socket.error());
    const std::uint32_t index = KL_XSK_INDEX(number, queue);
    const auto updated = maps_.xsks().update(index, static_cast<std::uint32_t>((*socket)->fd()));
    if (!updated)
        return std::unexpected(fmt::format("socket of {} queue {}: {}", name, queue, updated.error()));
    const kl_xsk_mode mode = (*socket)->mode();
    port.xsk_mode[queue] = static_cast<std::uint8_t>(mode);
    port.served[queue] = static_cast<std::uint8_t>(options_.number + 1);
    spdlog::info("worker {}: {} queue {}: AF_XDP {}", options_.number, name, queue, kl_xsk_mode_name(mode));
    served_.push_back({number, queue, port.ifindex, port.xdp_mode, std::move(*socket)});
    return {};
}

void Worker::index_sockets() {
    constexpr std::uint32_t kLargestInFrame = kFrameOctets - kFrameStart - 22;  // Ethernet and two tags
    transmit_by_.fill(nullptr);
    for (std::uint32_t number = 0; number < KL_MAX_PORTS; ++number)
        mtus_[number] = maps_.ports()[number].mtu;
    for (const Served& served : served_) {
        if (transmit_by_[served.port] == nullptr) transmit_by_[served.port] = served.socket.get();
        if (!served.socket->scatter_gather()) {
            mtus_[served.port] = std::min(mtus_[served.port], kLargestInFrame);
        }
    }
}

}  // namespace keyline::fastpath
