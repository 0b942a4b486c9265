// Two network namespaces with a link between them, in each of them an instance of the datapath, and many
// peers' SAs of the engine "kernel": for bench_kernel_esp.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datapath/datapath.h"
#include "many_peers.h"
#include "statistics.h"

namespace keyline::bench {

double seconds_of(const std::function<void()>& work);

// One of the namespaces. All of it goes with this object.
class Side {
  public:
    explicit Side(View view);
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side();

    // Until another one does, this thread is in this namespace.
    void enter() const;
    // Of the namespace, as `ip link` takes it.
    std::string path() const;
    void open(const std::string& instance);
    void apply(Kind kind, unsigned peers);
    // Returns the seconds that each pair took.
    std::vector<double> install(Kind kind, unsigned peers);
    // Packets that inbound SAs have opened.
    std::uint64_t opened();
    // Bound to `at` if there is one. Waits ten seconds for what it receives.
    int udp_socket(const sockaddr_in* at = nullptr);

  private:
    View view_;
    int namespace_ = -1;
    std::string instance_;
    std::optional<datapath::Datapath> datapath_;
    std::vector<int> sockets_;
};

// What it took to set one side up, in seconds.
struct Setup {
    double policy = 0;
    std::vector<double> pairs;  // of SAs, one after the other
};

// A host and its peers. Whatever fails ends the process.
class Bed {
  public:
    Bed(Kind kind, unsigned peers);

    const Setup& setup() const { return setup_; }
    // Seconds for each packet to the last peer, or to all in turn.
    double flood(bool in_turn);
    // Seconds to the last peer and back.
    double round_trip();
    // That all that was sent came under the SAs.
    void check_counts();

  private:
    void start();
    // Each peer is reached once, which also resolves addresses.
    void reach_all();
    void send(std::size_t peer);

    Kind kind_;
    unsigned peers_;
    Side host_, others_;
    Setup setup_;
    int sender_ = -1;
    std::vector<sockaddr_in> targets_;
    std::vector<int> receivers_;
    std::uint64_t sent_ = 0;
};

}  // namespace keyline::bench
