// One worker: a thread with sockets, packet memory, cipher engine and counters of its own. Worker w of n
// serves, on every port, the queues whose number modulo n is w.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fastpath/connection_table.h"
#include "fastpath/frame_pool.h"
#include "fastpath/instance_maps.h"
#include "fastpath/packet_path.h"
#include "fastpath/sa_table.h"
#include "fastpath/stack_sender.h"
#include "fastpath/transfer.h"
#include "fastpath/xsk_socket.h"

namespace keyline::fastpath {

class Worker : private FrameSink {
  public:
    struct Options {
        std::uint32_t number = 0;
        std::uint32_t workers = 1;
        kl_crypto_engine engine = KL_CRYPTO_NONE;
        std::uint32_t frames = 16384;
    };

    static std::expected<std::unique_ptr<Worker>, std::string> create(const InstanceMaps& maps,
                                                                      Transfers& transfers,
                                                                      const Options& options);
    ~Worker() override;

    // Serves until `stop` is set and `wake` was called.
    void run(const std::atomic<bool>& stop);
    void wake();

    kl_crypto_engine engine() const { return engine_->kind(); }
    // CLOCK_MONOTONIC nanoseconds of the last time around the loop. Any thread may ask.
    std::uint64_t last_alive() const { return last_alive_.load(std::memory_order_relaxed); }

  private:
    struct Served {
        std::uint8_t port;
        std::uint8_t queue;
        std::uint32_t ifindex;
        std::uint8_t xdp_mode;
        std::unique_ptr<XskSocket> socket;
    };

    Worker(const InstanceMaps& maps, Transfers& transfers, const Options& options,
           std::unique_ptr<FramePool> pool, std::unique_ptr<CryptoEngine> engine);

    // FrameSink
    bool send(std::uint8_t port, const Frame& frame) override;
    bool send_by_stack(std::span<const std::uint8_t> packet, std::uint32_t mark) override {
        return stack_.send(packet, mark);
    }
    std::uint32_t mtu(std::uint8_t port) const override { return mtus_[port]; }

    bool serve_once();
    void wait();
    void send_transfers();
    kl_worker_counters& counters() const { return maps_.counters()[options_.number]; }
    void keep_house();
    void follow_ports();
    std::expected<void, std::string> open_socket(std::uint8_t port, std::uint8_t queue);
    void close_gone();
    void index_sockets();
    bool is_mine(std::uint32_t queue) const { return queue % options_.workers == options_.number; }

    const InstanceMaps& maps_;
    Transfers& transfers_;
    Options options_;
    std::unique_ptr<FramePool> pool_;
    std::unique_ptr<CryptoEngine> engine_;
    SaTable sas_;
    ConnectionTable connections_;
    StackSender stack_;
    std::vector<Served> served_;
    std::array<XskSocket*, KL_MAX_PORTS>
        transmit_by_{};  // the socket to send by; nullptr: another worker has it
    std::array<std::uint32_t, KL_MAX_PORTS> mtus_{};
    PacketPath path_;
    std::uint32_t ports_epoch_ = 0;
    unsigned failed_tries_ = 1;  // in a row to have all sockets; not 0, so that the first look is at once
    std::uint64_t last_try_ = 0;
    std::uint64_t last_housekeeping_ = 0;
    std::atomic<std::uint64_t> last_alive_{0};
    Clock clock_;
};

}  // namespace keyline::fastpath
