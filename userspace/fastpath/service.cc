#include "fastpath/service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "fastpath/instance_maps.h"
#include "fastpath/privileges.h"
#include "fastpath/worker.h"
#include "shared/names.h"

namespace keyline::fastpath {
namespace {

constexpr timespec kHeartbeat{0, 250'000'000};
constexpr unsigned kBeatsPerLook =
    4;  // how often it is looked whether the maps are still those of the instance

// Holds the instance: a second process for it finds this locked. The kernel releases it however we end.
class InstanceLock {
  public:
    static std::expected<InstanceLock, std::string> take(const std::string& instance) {
        InstanceLock lock;
        lock.fd_ = open(pin_directory(instance).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (lock.fd_ >= 0 && flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
        if (errno == EWOULDBLOCK) {
            return std::unexpected(
                fmt::format("another keyline-fastpath serves instance \"{}\": stop it first", instance));
        }
        return std::unexpected(fmt::format("{}: {}", pin_directory(instance), strerror(errno)));
    }
    InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    InstanceLock& operator=(InstanceLock&&) = delete;
    ~InstanceLock() {
        if (fd_ >= 0) close(fd_);
    }

  private:
    InstanceLock() = default;
    int fd_ = -1;
};

std::uint32_t usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::uint32_t>(std::max(CPU_COUNT(&set), 1));
}

// A predecessor that was killed left what it served in the map.
void forget_predecessor(const InstanceMaps& maps) {
    maps.break_locks();
    for (kl_port& port : maps.ports()) {
        std::fill(std::begin(port.served), std::end(port.served), 0);
        std::fill(std::begin(port.xsk_mode), std::end(port.xsk_mode), KL_XSK_NONE);
    }
}

class WorkerThreads {
  public:
    WorkerThreads(std::vector<std::unique_ptr<Worker>>& workers, const std::vector<int>& cpus)
        : workers_(workers) {
        for (std::size_t i = 0; i < workers.size(); ++i) {
            threads_.emplace_back([this, i] { workers_[i]->run(stop_); });
            pthread_setname_np(threads_.back().native_handle(), fmt::format("worker {}", i).c_str());
            if (cpus.empty()) continue;
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(cpus[i % cpus.size()], &set);
            if (pthread_setaffinity_np(threads_.back().native_handle(), sizeof set, &set) != 0) {
                spdlog::warn("worker {}: CPU {} cannot be used", i, cpus[i % cpus.size()]);
            }
        }
    }
    ~WorkerThreads() {
        stop_ = true;
        for (const auto& worker : workers_)
            worker->wake();
        for (std::thread& thread : threads_)
            thread.join();
    }
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

  private:
    std::vector<std::unique_ptr<Worker>>& workers_;
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

// The oldest sign of life: a heartbeat is worth what the slowest worker is.
std::uint64_t least_alive(const std::vector<std::unique_ptr<Worker>>& workers) {
    return (*std::ranges::min_element(workers, {}, &Worker::last_alive))->last_alive();
}

// Until a signal; an error when the instance's maps are gone.
std::expected<void, std::string> beat(const InstanceMaps& maps,
                                      const std::vector<std::unique_ptr<Worker>>& workers,
                                      const sigset_t& signals, const std::string& instance) {
    bool ready = false;
    for (unsigned beats = 0;; ++beats) {
        const std::uint64_t alive = least_alive(workers);
        if (!ready && alive != 0) {  // every worker has been around once, and so has opened its sockets
            sd_notify(0, "READY=1");
            ready = true;
        }
        if (alive != maps.config().worker_heartbeat) sd_notify(0, "WATCHDOG=1");
        __atomic_store_n(&maps.config().worker_heartbeat, alive, __ATOMIC_RELAXED);
        if (beats % kBeatsPerLook == 0 && !maps.is_current()) {
            return std::unexpected(fmt::format(
                "the maps of instance \"{}\" were removed or replaced: start keyline-fastpath again",
                instance));
        }
        if (sigtimedwait(&signals, nullptr, &kHeartbeat) > 0) return {};
    }
}

}  // namespace

std::expected<void, std::string> run_service(const ServiceOptions& options) {
    forbid_dumps();
    auto maps = InstanceMaps::open(options.instance);
    if (!maps) return std::unexpected(maps.error());
    const auto lock = InstanceLock::take(options.instance);
    if (!lock) return std::unexpected(lock.error());
    forget_predecessor(*maps);

    const std::uint32_t count =
        std::min<std::uint32_t>(options.workers != 0 ? options.workers : usable_cpus(), KL_MAX_WORKERS);
    Transfers transfers(count);
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::uint32_t i = 0; i < count; ++i) {
        auto worker =
            Worker::create(*maps, transfers, {.number = i, .workers = count, .engine = options.engine});
        if (!worker) return std::unexpected(worker.error());
        workers.push_back(std::move(*worker));
    }

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    if (const auto dropped = drop_capabilities(); !dropped) return std::unexpected(dropped.error());

    kl_config& config = maps->config();
    config.worker_engine = workers[0]->engine();
    config.worker_pid = static_cast<std::uint32_t>(getpid());
    spdlog::info("instance \"{}\": {} worker(s), ESP by {}", options.instance, count,
                 kl_crypto_engine_name(workers[0]->engine()));
    std::expected<void, std::string> ended;
    {
        const WorkerThreads threads(workers, options.cpus);
        ended = beat(*maps, workers, signals, options.instance);
        sd_notify(0, "STOPPING=1");
    }
    config.worker_pid = 0;
    config.worker_engine = KL_CRYPTO_NONE;
    return ended;
}

}  // namespace keyline::fastpath
