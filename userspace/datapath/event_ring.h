// The consumer's side of the ring buffer kl_events (shared/event.h). One consumer at a time.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bpfmap/bpf_map.h"
#include "shared/event.h"

struct ring_buffer;

namespace keyline::datapath {

class EventRing {
  public:
    static std::expected<EventRing, std::string> open(bpfmap::Map map);

    // Readable when there are events.
    int fd() const;
    std::vector<kl_event> drain();

  private:
    struct Free {
        void operator()(ring_buffer* ring) const;
    };
    bpfmap::Map map_;
    std::unique_ptr<std::vector<kl_event>> arrived_;  // where libbpf's callback puts them
    std::unique_ptr<ring_buffer, Free> ring_;
};

}  // namespace keyline::datapath
