// The one writer of an instance's maps: loads the kernel programs, attaches them, installs SAs and policy,
// and reads the event ring. Traffic goes on when the object goes: programs and maps are pinned, and the next
// open() adopts them.
//
// Not thread-safe; one process per instance (the daemon's lock sees to it). Errors are one line for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/secret.h"
#include "datapath/foreign_xfrm.h"
#include "datapath/view.h"
#include "policy/policy.h"
#include "policy/sad_entry.h"
#include "policy/selector.h"
#include "shared/maps.h"

namespace keyline::datapath {

struct Options {
    // 1 to 11 letters, digits or '-': the handover interfaces are named after it.
    std::string instance = "main";
    std::string pin_root = KL_PIN_ROOT;      // a directory of a bpffs
    std::uint32_t max_sas = KL_DEFAULT_SAS;  // both directions together
    std::uint32_t max_flows = KL_DEFAULT_FLOWS;
};

// A packet met a protect rule that has no SA.
struct AcquireRaised {
    std::uint32_t rule = 0;
    policy::PacketTuple packet;
    std::uint32_t impersonation_handle = 0;
};

// A packet could not leave because the next hop's link-layer address is unknown. Resolution has been started.
struct NeighbourWanted {
    std::uint32_t ifindex = 0;
    IpAddress next_hop;
};

// ESP came under an SPI that no inbound SA has; told now and then, not for each packet.
struct StrayEspSeen {
    IpAddress local;
    IpAddress remote;
};

using Event = std::variant<AcquireRaised, NeighbourWanted, StrayEspSeen>;

// An SA passed a limit. Reported once for soft and once for hard.
struct SaExpiry {
    policy::Direction direction = policy::Direction::kInbound;
    std::uint32_t spi = 0;
    IpAddress remote;
    bool hard = false;
};

// The newest authenticated packet of an inbound SA that follows its peer came from there. Reported once.
struct SaMoved {
    std::uint32_t spi = 0;
    Endpoint remote;
};

struct SaEvents {
    std::vector<SaExpiry> expired;
    std::vector<SaMoved> moved;
};

// How long the two SAs of a quick mode have been quiet: the outbound one sending without an answer, or
// neither used.
struct SaSilence {
    std::uint32_t inbound_spi = 0;
    std::chrono::seconds unanswered{0};
    std::chrono::seconds idle{0};
};

class Datapath {
  public:
    // Mounts bpffs when it is not mounted and we may, loads the programs, makes or adopts the pinned maps and
    // the handover pair, and renews the programs of ports that a predecessor attached.
    static std::expected<Datapath, std::string> open(const Options& options);
    // Without effect when there is nothing: removes programs, pins and the handover pair of an instance.
    static std::expected<void, std::string> purge(const std::string& instance,
                                                  const std::string& pin_root = KL_PIN_ROOT);
    Datapath(Datapath&&) noexcept;
    Datapath& operator=(Datapath&&) noexcept;
    // Leaves programs attached and maps pinned.
    ~Datapath();

    // Attaches to an interface; again for one attached already, with its addresses and MTU read anew.
    std::expected<void, std::string> attach(const std::string& interface, policy::InterfaceRole role);
    std::expected<void, std::string> detach(const std::string& interface);
    // Reads MTU, MAC and addresses of the attached interfaces anew; call when rtnetlink reports a change. An
    // interface that was re-created is attached again. The errors are of the ports for which that failed.
    std::vector<std::string> refresh_ports();

    // Makes interfaces of the instance's own again that somebody has deleted: the one with this index, or
    // with nullopt whichever have gone. A line for the log about each.
    std::vector<std::string> restore_interfaces(std::optional<std::uint32_t> gone);
    // What others have in XFRM, and where it is in the way of these rules.
    std::expected<ForeignXfrm, std::string> foreign_xfrm(const policy::Policy& policy) const;

    // Whether this kernel has the engines that the rules name; the error names the rule and what is missing.
    std::expected<void, std::string> check_engines(const policy::Policy& policy);
    // Compiles and swaps the selector table, and takes over ports, hold, acquire interval and default action;
    // every flow is decided anew. On error the policy in force stays.
    std::expected<void, std::string> apply(const policy::Policy& policy);

    // After apply(): SAs change to the engines that their rules want now and go on there with their keys,
    // sequence numbers and windows. The errors are of those that could not.
    std::vector<std::string> change_engines(const policy::Policy& policy);

    // An outbound SA takes over the slot of the older one with the same rule and selector.
    std::expected<void, std::string> install(const policy::SadEntry& entry);
    // False when there is no such SA. `remote` is the peer.
    bool remove(policy::Direction direction, std::uint32_t spi, const IpAddress& remote);
    // The peer is at `to` now (exchange/action.h, MoveSa). Sequence numbers and counts go on.
    std::expected<void, std::string> move(policy::Direction direction, std::uint32_t spi,
                                          const IpAddress& from, const Endpoint& to);
    // What a predecessor left: entries without keys. Empty in a new instance.
    std::vector<policy::SadEntry> adopted() const;

    // The acquire for this rule, packet and user has failed: the next one is raised after the acquire
    // interval.
    void release(std::uint32_t rule, const policy::PacketTuple& packet, std::uint32_t user);

    // From now on XDP asks the senders of first messages for DoS cookies under these secrets, or no more.
    // While it is on, `previous` is the `current` of the call before.
    void set_dos_protection(bool active, const Secret& current, const Secret& previous);

    // Readable when drain() has something to return.
    int event_fd() const;
    std::vector<Event> drain();
    // SAs past a limit of octets, packets or seconds, and peers that have moved, since the last call. Cheap
    // when nothing happened; until the next call a peer that has moved gets no answers.
    SaEvents sa_events();
    // SAs that have been quiet for ten seconds or more. Reads the state of all: call every few seconds.
    // Silence is measured from call to call.
    std::vector<SaSilence> quiet();

    // Brings the counts of kernel SAs in the maps up to date, which sa_events() does once a second.
    void read_kernel_sas();

    const View& view() const;

  private:
    struct State;
    explicit Datapath(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace keyline::datapath
