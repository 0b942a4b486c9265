// The policies by which the stack seals what raw sockets send, for SAs of one protocol or port: of such
// packets its lookup sees nothing but the addresses and the mark.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <map>

#include "datapath/xfrm_message.h"
#include "datapath/xfrm_socket.h"
#include "shared/user_mark.h"

namespace keyline::datapath {

class RawPolicies {
  public:
    // `policy` is the SA's own. Returns the mark by which packets meet another one for it (kl_sa.raw_mark); 0
    // when all marks between its addresses are in use.
    std::expected<std::uint32_t, XfrmError> lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                                 std::uint32_t index);
    // As lead(), of one that is in the kernel already.
    void adopt(const XfrmPolicy& policy, std::uint32_t index, std::uint32_t mark);
    // The SA's own policy has another priority, or somebody has deleted policies; without effect on other
    // SAs.
    void renew(const XfrmSocket& socket, const XfrmPolicy& policy, std::uint32_t index);
    // Without effect on other SAs.
    void release(const XfrmSocket& socket, std::uint32_t index);

  private:
    struct Led {
        policy::Selector addresses;
        std::uint32_t number = 0;  // of the mark
    };
    std::map<std::uint32_t, Led> led_;  // by the index of the SA
    std::map<policy::Selector, std::bitset<KL_RAW_MARKS>> used_;
};

}  // namespace keyline::datapath
