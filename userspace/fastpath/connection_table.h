// The connection state table of MS-AIPS 3.1.1 (shared/flow.h) in the maps, as a worker sees it.
#pragma once

#include "fastpath/instance_maps.h"
#include "fastpath/packet_path.h"

namespace keyline::fastpath {

class ConnectionTable : public Connections {
  public:
    explicit ConnectionTable(const InstanceMaps& maps) : maps_(maps) {}

    bool is_authorized(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint64_t now) override;
    void authorize(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint32_t user,
                   std::uint64_t now) override;

  private:
    const InstanceMaps& maps_;
};

}  // namespace keyline::fastpath
