// The policies by which the stack itself seals packets: one for each selector and mark, whatever SA it leads
// to.
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
    // From now on the policy's selector and mark lead to the SA with this index, and no others do.
    std::expected<void, XfrmError> lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                        std::uint32_t index);
    // As lead(), of a policy that is in the kernel already.
    void adopt(const XfrmPolicy& policy, std::uint32_t index);
    // As exempt(), of a policy that is in the kernel already.
    void adopt_exemption(const XfrmPolicy& exemption) { exemptions_[key_of(exemption)] = exemption; }
    bool leads_to(std::uint32_t index) const;
    // Without effect when a newer SA has taken the policy over.
    void release(const XfrmSocket& socket, std::uint32_t index);

    // Traffic that is no SA's; where one has the same selector and mark, the SA's policy stays.
    std::expected<void, XfrmError> exempt(const XfrmSocket& socket,
                                          const std::vector<XfrmPolicy>& exemptions);
    // Puts the exemptions into the kernel again.
    void renew_exemptions(const XfrmSocket& socket) const;
    // Those and no others.
    std::expected<void, XfrmError> exempt_only(const XfrmSocket& socket,
                                               const std::vector<XfrmPolicy>& exemptions);

  private:
    struct Key {
        policy::Selector selector;
        XfrmMark mark;

        auto operator<=>(const Key&) const = default;
    };
    static Key key_of(const XfrmPolicy& policy) { return {policy.selector, policy.mark}; }
    void forget(const XfrmSocket& socket, std::uint32_t index);

    std::map<Key, std::uint32_t> leads_to_;
    std::map<std::uint32_t, Key> keys_;  // by the index of the SA
    std::map<Key, XfrmPolicy> exemptions_;
};

}  // namespace keyline::datapath
