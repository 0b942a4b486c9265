// What an instance's pinned maps say, read-only: for `keyline`, with or without a running daemon, and for
// metrics.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/sad_entry.h"
#include "shared/config.h"
#include "shared/flow.h"
#include "shared/maps.h"
#include "shared/port.h"
#include "shared/reasons.h"
#include "shared/rule.h"
#include "shared/sa.h"
#include "shared/worker.h"

namespace keyline::datapath {

// One SA as the maps hold it, without keys.
struct SaView {
    std::uint32_t index = 0;
    kl_sa sa{};
    std::uint64_t sequence = 0;  // outbound: last used; inbound: highest authenticated
    std::uint64_t packets = 0, octets = 0;
    std::uint64_t errors = 0;                         // of these:
    std::uint64_t replay = 0, icv = 0, selector = 0;  // by the reasons of these names
    std::uint64_t last_used = 0;                      // CLOCK_MONOTONIC nanoseconds; 0: never
    bool soft_expired = false, hard_expired = false;

    // The entry it was installed from, with empty keys.
    policy::SadEntry entry() const;
};

struct FlowView {
    kl_flow_key key{};
    kl_flow flow{};
    bool current = false;  // of the policy generation in force
    bool secure =
        false;  // a packet of it went or came under an SA (kept for rules with negotiation discovery)
};

struct PortView {
    std::uint32_t index = 0;
    kl_port port{};
};

// State of keyline-fastpath as kl_config shows it.
struct WorkerStatus {
    bool alive = false;
    std::uint32_t pid = 0;
    kl_crypto_engine engine = KL_CRYPTO_NONE;
};

// Whether the heartbeat of keyline-fastpath is younger than three seconds.
bool worker_alive(const kl_config& config);

// The sum over CPUs of the kernel's counters, and the sum over fast path workers, by enum kl_reason.
struct Counters {
    std::array<std::uint64_t, KL_REASON_COUNT> kernel{};
    std::array<std::uint64_t, KL_REASON_COUNT> fastpath{};

    std::uint64_t total(kl_reason reason) const { return kernel[reason] + fastpath[reason]; }
};

// The name, cause and remedy of shared/reasons.h.
struct ReasonText {
    const char* name;
    const char* cause;
    const char* remedy;
};
const ReasonText& describe(kl_reason reason);

class View {
  public:
    // Opens the pins of `instance` below `pin_root`. The error says what is missing and what to do.
    static std::expected<View, std::string> open(const std::string& instance,
                                                 const std::string& pin_root = KL_PIN_ROOT);
    View(View&&) noexcept;
    View& operator=(View&&) noexcept;
    ~View();

    std::vector<SaView> sas() const;
    // At most `limit` flows, in no order.
    std::vector<FlowView> flows(std::size_t limit) const;
    // The attached interfaces and the handover port.
    std::vector<PortView> ports() const;
    Counters counters() const;
    WorkerStatus worker() const;
    kl_config config() const;
    // The rule as the kernel knows it; nullopt for an id not in use.
    std::optional<kl_rule> rule(std::uint32_t id) const;

  private:
    struct Maps;
    explicit View(std::unique_ptr<Maps> maps);
    std::unique_ptr<Maps> maps_;
};

}  // namespace keyline::datapath
