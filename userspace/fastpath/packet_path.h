// What happens to a frame between the socket it came by and the one it leaves by: seal, open, hold,
// judge, reassemble, fragment, deliver, or drop with a reason. No sockets and no maps in here, so tests feed
// it frames.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fastpath/frame_pool.h"
#include "fastpath/hold_queue.h"
#include "fastpath/icmp_error.h"
#include "fastpath/open.h"
#include "fastpath/reassembly.h"
#include "fastpath/seal.h"
#include "shared/handover.h"
#include "shared/port.h"
#include "shared/worker.h"

namespace keyline::fastpath {

// Where SAs come from: the maps (sa_table.h), or a test.
class SaSource {
  public:
    virtual ~SaSource() = default;
    // nullptr when the index is free, or its SA cannot be used. Valid until the next batch.
    virtual const SecurityAssociation* find(std::uint32_t index) = 0;
    // 0 when no inbound SA has this SPI.
    virtual std::uint32_t find_by_spi(const kl_spi_key& key) = 0;
    // How a packet of the rule is named among those waiting for an SA.
    virtual kl_slot_key hold_key(std::uint32_t rule, const kl_tuple& tuple) = 0;
    // The outbound SA that a packet of the rule has by now.
    virtual Awaited awaited(std::uint32_t rule, const kl_tuple& tuple) = 0;
    // By which the stack finds the SA of a packet of the rule (shared/user_mark.h).
    virtual std::uint32_t mark_for(std::uint32_t rule, const kl_tuple& tuple) = 0;
};

// The connections of authenticated firewall (MS-AIPS 3.10): the map, or a test. Tuples in local and remote
// terms; `now` is CLOCK_MONOTONIC in nanoseconds.
class Connections {
  public:
    virtual ~Connections() = default;
    virtual bool is_authorized(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint64_t now) = 0;
    // A packet of it came under an SA of `user`'s; 0: of the machine's.
    virtual void authorize(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint32_t user,
                           std::uint64_t now) = 0;
};

// Where frames go to: the worker's sockets, or a test.
class FrameSink {
  public:
    virtual ~FrameSink() = default;
    // Takes the frame over and sends it out of the port. False when it cannot, and the frame stays the
    // caller's.
    virtual bool send(std::uint8_t port, const Frame& frame) = 0;
    // Has the stack send an IP packet, as if a program of this host had, with this mark. False when it
    // refuses.
    virtual bool send_by_stack(std::span<const std::uint8_t> packet, std::uint32_t mark) = 0;
    // IP octets that the port sends in one piece.
    virtual std::uint32_t mtu(std::uint8_t port) const = 0;
};

class PacketPath {
  public:
    // `ports` is the mapped kl_ports; `counters` this worker's own. All must outlive the path.
    PacketPath(CryptoEngine& engine, SaSource& sas, Connections& connections, FrameSink& sink,
               FramePool& pool, std::span<const kl_port> ports, kl_worker_counters& counters,
               std::uint32_t* sa_events);

    // The time that what follows is handled at.
    void set_clock(const Clock& clock) { clock_ = clock; }
    // Takes over a frame that came in by `port`. What it leads to may wait for `flush`.
    void receive(std::uint8_t port, Frame frame);
    // Seals and opens what waits for company in a burst.
    void flush();
    // Looks after what waits for time: held packets, incomplete fragments. Call it every few milliseconds
    // while `is_waiting`.
    void tick();
    bool is_waiting() const { return !held_.empty() || reassembler_.pending() != 0; }

  private:
    struct Sealing {
        Frame frame;
        std::uint32_t sa_index;
        std::uint8_t port;           // to leave by
        bool twice = false;          // under the SA, and then as it is
        std::optional<Frame> clear;  // the second copy, from when the first is about to be sealed
    };
    struct Opening {
        Frame frame;
        std::uint32_t sa_index;
        std::uint8_t port;  // came in by
    };

    void count(kl_reason reason, std::uint32_t packets = 1) { counters_.by_reason[reason] += packets; }
    void drop(const Frame& frame, kl_reason reason);

    void queue_seal(Sealing sealing, bool forwarded, bool was_fragmented);
    void queue_open(const Frame& frame, std::uint32_t sa_index, std::uint8_t port);
    void release(const HoldQueue::Held& held, Awaited sa);
    void hold(const Frame& frame, std::uint32_t rule, std::uint8_t port);
    void judge(const Frame& frame, std::uint8_t port);
    void reassemble_esp(const Frame& frame, std::uint8_t port);
    void open_reassembled(const Frame& frame, std::uint8_t port);

    void flush_seals();
    void flush_opens();
    void finish_seal(const SealRequest& request, const Sealing& sealing);
    void finish_open(const OpenRequest& request, const Opening& opening);
    void reassemble_plaintext(const Frame& frame, const Sealing& sealing);
    void judge_whole(const OpenRequest& request, const Opening& opening);

    // What an SA has brought in: authorizes its connection, or is for the host.
    void accept(const Frame& frame, const OpenRequest& request, const Opening& opening);
    void authorize(const Frame& frame, const SecurityAssociation& sa);
    void ask_twice(const Frame& frame, std::uint8_t port);
    void deliver(const Frame& frame, std::uint8_t port, std::uint32_t sa_index, kl_reason reason);
    // Sends a frame to the destination address that it has.
    void send_from_port(const Frame& frame, std::uint8_t port, kl_reason reason);
    // Sends a frame whose source address is written, in fragments if it must; `reason` counts what it was
    // about.
    void transmit(const Frame& frame, std::uint8_t port, std::uint32_t mtu, kl_reason reason);
    void tell_sender(const Frame& frame, std::uint8_t port, kl_reason reason, std::uint32_t mtu);
    // A frame with the link layer of `like` and this packet; nullopt when the pool is exhausted.
    std::optional<Frame> make_frame(const Frame& like, std::span<const std::uint8_t> packet);

    SaSource& sas_;
    Connections& connections_;
    FrameSink& sink_;
    FramePool& pool_;
    std::span<const kl_port> ports_;
    kl_worker_counters& counters_;
    Sealer sealer_;
    Opener opener_;
    Clock clock_;
    HoldQueue held_;
    Reassembler reassembler_;
    IcmpLimit icmp_limit_;
    IcmpLimit asking_limit_;
    std::uint32_t fragment_id_;

    std::array<SealRequest, kMaxBurst> seal_requests_;
    std::array<Sealing, kMaxBurst> sealings_;
    std::size_t seals_ = 0;
    std::array<OpenRequest, kMaxBurst> open_requests_;
    std::array<Opening, kMaxBurst> openings_;
    std::size_t opens_ = 0;
    std::vector<Sealing> assembled_;  // from fragments, to be sealed
};

}  // namespace keyline::fastpath
