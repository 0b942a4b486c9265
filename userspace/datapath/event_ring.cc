#include "datapath/event_ring.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace keyline::datapath {
namespace {

int take(void* arrived, void* data, std::size_t size) {
    kl_event event;
    if (size >= sizeof(event)) {
        std::memcpy(&event, data, sizeof(event));
        static_cast<std::vector<kl_event>*>(arrived)->push_back(event);
    }
    return 0;
}

}  // namespace

void EventRing::Free::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }

std::expected<EventRing, std::string> EventRing::open(bpfmap::Map map) {
    EventRing events;
    events.map_ = std::move(map);
    events.arrived_ = std::make_unique<std::vector<kl_event>>();
    events.ring_.reset(ring_buffer__new(events.map_.fd(), take, events.arrived_.get(), nullptr));
    if (!events.ring_) {
        return std::unexpected(std::string("cannot read the event ring: ") + std::strerror(errno));
    }
    return events;
}

int EventRing::fd() const { return ring_buffer__epoll_fd(ring_.get()); }

std::vector<kl_event> EventRing::drain() {
    ring_buffer__consume(ring_.get());
    return std::exchange(*arrived_, {});
}

}  // namespace keyline::datapath
