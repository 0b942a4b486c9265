// Hosts with a keyer each, joined by a network that loses, repeats, reorders and delays, in simulated time.
// Each host has the model of a datapath: the SAs that are installed. All of it follows from one seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "keyer/keyer.h"
#include "simulation/nat.h"
#include "simulation/seeded_random.h"

namespace keyline::simulation {

using exchange::Instant;
using namespace std::chrono_literals;

struct Network {
    double loss = 0;
    double repetition = 0;
    std::chrono::milliseconds least_delay = 1ms;
    std::chrono::milliseconds most_delay = 1ms;  // more than least_delay: reordering
};

// What the datapath holds, and the invariants of every change to it.
struct Datapath {
    std::map<std::uint32_t, policy::SadEntry> inbound;
    std::map<std::pair<std::uint32_t, IpAddress>, policy::SadEntry> outbound;
    // The outbound SPI that traffic of a rule, selector and user uses now.
    std::map<std::tuple<std::uint32_t, policy::Selector, std::uint32_t>, std::uint32_t> current;
};

class World;

struct Host {
    std::string name;
    IpAddress address;
    std::shared_ptr<const policy::Policy> policy;
    std::vector<std::shared_ptr<auth::Method>> methods;
    std::unique_ptr<SeededRandom> random;
    std::unique_ptr<keyer::Keyer> keyer;
    std::uint64_t generation = 0;  // rises with each restart: what the former keyer had asked for is void
    std::optional<Instant> timer;
    Datapath datapath;
    // Rule, packet and user of those raised that are neither served nor failed.
    std::set<std::tuple<std::uint32_t, policy::PacketTuple, std::uint32_t>> acquires;
    std::size_t failed_acquires = 0;
    exchange::SetDosProtection dos_protection;  // as the keyer last said
    std::vector<exchange::Report> reports;
    std::vector<exchange::ExportMmKeys> exported;
    bool shut_down = false;
};

class World {
  public:
    explicit World(std::uint64_t seed) : random_(seed) {}

    Host& add_host(std::string name, const std::string& address, std::shared_ptr<const policy::Policy> policy,
                   std::vector<std::shared_ptr<auth::Method>> methods);

    SeededRandom& random() { return random_; }
    Network& network() { return network_; }
    Instant now() const { return now_; }
    const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }

    void at(Instant moment, std::function<void()> action);
    void after(std::chrono::milliseconds delay, std::function<void()> action) {
        at(now_ + delay, std::move(action));
    }
    // Runs everything up to now + `time`.
    void run(std::chrono::milliseconds time);

    void give(Host& host, exchange::Event event);
    // The user's packet raises an acquire unless an SA of the user's covers it.
    void acquire(Host& host, std::uint32_t rule, const policy::PacketTuple& packet, std::uint32_t user = 0);
    // The keyer dies and starts anew; with `adopt` it finds the SAs that the datapath holds.
    void restart(Host& host, bool adopt);
    void change_policy(Host& host, std::shared_ptr<const policy::Policy> policy);

    // Puts a NAT between the host and all others.
    Nat& add_nat(const Host& host, const std::string& outside, bool forwards = false);
    // Seen from outside the NAT, if there is one.
    Endpoint translate(const Endpoint& inside);
    // A packet under each outbound SA that traffic of the host uses now. True when there are some and all
    // arrive; a peer whose SA follows is told where they came from (RFC 3947 7).
    bool carry(Host& host);
    // A packet under this one.
    bool carry(const policy::SadEntry& outbound);

    // A datagram, as if from `remote`. Tests tap and forge with it.
    void deliver(const Endpoint& from, const Endpoint& to, Bytes data);
    std::function<void(const exchange::Send&)> tap;
    // What a device on the path makes of them.
    std::function<void(exchange::Send&)> alter;
    // True for datagrams that a NAT or an attacker shall swallow.
    std::function<bool(const exchange::Send&)> swallow;

    std::function<void(const Host&)> on_keepalive;
    // Called for every report as it comes.
    std::function<void(const Host&, const exchange::Report&)> watch;

    // What has gone wrong, in words; empty when every invariant held.
    const std::vector<std::string>& violations() const { return violations_; }
    // The invariants of a world at rest: databases and datapaths agree, the hosts agree, nothing is owed or
    // leaked.
    void check_rest();
    void violate(std::string what) { violations_.push_back(std::move(what)); }
    std::size_t installs() const { return installs_; }

  private:
    void perform(Host& host, exchange::Actions actions);
    void perform(Host& host, exchange::Action& action);
    void send(exchange::Send message);
    void install(Host& host, policy::SadEntry entry);
    void remove(Host& host, const exchange::RemoveSa& removal);
    void move(Host& host, const exchange::MoveSa& move);
    // What is behind an outside endpoint.
    std::optional<Endpoint> forward(const Endpoint& outside) const;
    void arm(Host& host, Instant moment);
    Host* host_at(const IpAddress& address);
    Host* receiver_of(const policy::SadEntry& outbound);

    SeededRandom random_;
    Network network_;
    Instant now_{1000s};
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<std::unique_ptr<Nat>> nats_;
    std::multimap<Instant, std::function<void()>> agenda_;
    std::vector<std::string> violations_;
    // Encryption key, integrity key: whose SPI and receiver they belong to.
    std::map<Bytes, std::pair<std::uint32_t, IpAddress>> keys_;
    std::size_t installs_ = 0;
};

}  // namespace keyline::simulation
