// The policies by which the stack itself seals packets: one for each selector, whatever SA it leads to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "datapath/xfrm_message.h"
#include "datapath/xfrm_socket.h"

namespace keyline::datapath {

class StackPolicies {
  public:
    // From now on the policy's selector leads to the SA with this index.
    std::expected<void, XfrmError> lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                        std::uint32_t index);
    // As lead(), of a policy that is in the kernel already.
    void adopt(const policy::Selector& selector, std::uint32_t index) { leads_to_[selector] = index; }
    bool leads_to(const policy::Selector& selector, std::uint32_t index) const;
    // Without effect when a newer SA has taken the policy over.
    void release(const XfrmSocket& socket, const policy::Selector& selector, std::uint32_t index);

    // Traffic that is no SA's; where one has the same selector, the SA's policy stays.
    std::expected<void, XfrmError> exempt(const XfrmSocket& socket,
                                          const std::vector<XfrmPolicy>& exemptions);
    // Those and no others.
    std::expected<void, XfrmError> exempt_only(const XfrmSocket& socket,
                                               const std::vector<XfrmPolicy>& exemptions);

  private:
    std::map<policy::Selector, std::uint32_t> leads_to_;
    std::map<policy::Selector, XfrmPolicy> exemptions_;
};

}  // namespace keyline::datapath
