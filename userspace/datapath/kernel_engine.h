// The engine "kernel": SAs in XFRM, and what leads packets to them (docs/decisions/0006-kernel-esp.md).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datapath/kernel_state.h"
#include "datapath/netlink.h"
#include "datapath/raw_policies.h"
#include "datapath/stack_policies.h"
#include "datapath/xfrm_message.h"
#include "datapath/xfrm_numbers.h"
#include "datapath/xfrm_socket.h"
#include "policy/sad_entry.h"

namespace keyline::datapath {

class KernelEngine {
  public:
    // `netlink` lives longer than this object; `share` of the XFRM numbers is the instance's (xfrm_share.h).
    // Touches nothing before the first SA.
    KernelEngine(const Netlink& netlink, const std::string& instance, unsigned share);

    // Whether the kernel has ESP between addresses of this family; the error names the module and the remedy.
    std::expected<void, std::string> available(Family family);

    // How an SA gets into the kernel: its index in the maps, its mark (UserMarks), the priorities of the
    // policies that lead to it and those that come before it, what its rule wants of devices (RuleOrder), and
    // where it goes on.
    struct Installation {
        std::uint32_t index = 0;
        XfrmMark mark{};
        std::uint32_t priority = 0;
        std::uint32_t raw_priority = 0;
        std::vector<XfrmPolicy> exemptions;
        policy::Offload offload = policy::Offload::kNone;
        XfrmProgress progress;
    };
    // What has become of it.
    struct Installed {
        std::uint32_t ifindex = 0;   // the interface that leads to an outbound SA; 0: none, the stack does
        std::uint32_t raw_mark = 0;  // as in kl_sa
        XfrmOffload offload;
    };
    std::expected<Installed, std::string> install(const policy::SadEntry& entry,
                                                  const Installation& installation);
    // Without effect on what is not there.
    void remove(const policy::SadEntry& entry, std::uint32_t index);
    // An SA that a predecessor installed; the oldest first.
    void adopt(const policy::SadEntry& entry, std::uint32_t index, const XfrmMark& mark,
               std::uint32_t raw_mark);
    // What a predecessor exempted from its policies; once, when it has left SAs.
    void adopt_exemptions();

    // An SA as the kernel has it now; nullopt when it does not.
    std::optional<XfrmSa> find(const policy::SadEntry& entry) const;
    // The rules have another order, or users have come: gives the policy of an outbound SA this mark and
    // priority, and puts the exemptions before it. `offload` is what the SA has.
    void reorder(const policy::SadEntry& entry, const Installation& installation, const XfrmOffload& offload);
    // Of all SAs that the stack seals for.
    void exempt_only(const std::vector<XfrmPolicy>& exemptions);
    // Outbound SAs that the stack seals for: the others have an interface that TC redirects to.
    static bool sealed_by_stack(const policy::SadEntry& entry);

    // Of an outbound SA that TC redirects to: makes its interface again, with its policy, if it has gone.
    // Returns the interface.
    std::expected<std::uint32_t, std::string> restore(const policy::SadEntry& entry,
                                                      const Installation& installation,
                                                      const XfrmOffload& offload);
    // Likewise the interface of inbound tunnels; false when it is there, or there are none.
    std::expected<bool, std::string> restore_inbound();
    // Somebody has deleted policies: puts those that are no single SA's anew.
    void renew_shared_policies();

    // Everything of an instance that ends, but the interfaces of its outbound SAs.
    void remove_all();
    // The first priority of the instance's policies (RuleOrder).
    std::uint32_t first_priority() const { return priorities_.first; }

    // Every ESP SA of the namespace, whoever made it; nullopt when the kernel does not tell.
    std::optional<std::vector<XfrmSa>> list() const;
    // What the kernel has said of SAs since the last call.
    std::vector<XfrmEvent> events() const;

  private:
    std::uint32_t id_of(std::uint32_t index) const { return ids_.first + index; }
    std::expected<void, std::string> open();
    std::vector<XfrmPolicy> own_policies() const;
    std::expected<std::uint32_t, std::string> lead_by_interface(const XfrmPolicy& policy) const;
    std::uint32_t if_id_of(const policy::SadEntry& entry, std::uint32_t index) const;
    XfrmPolicy policy_of(const policy::SadEntry& entry, const Installation& installation,
                         const XfrmOffload& offload) const;
    std::expected<void, std::string> lead_to(const policy::SadEntry& entry, const Installation& installation,
                                             Installed& installed);
    std::expected<void, XfrmError> lead_by_stack(const policy::SadEntry& entry,
                                                 const Installation& installation, Installed& installed);
    // Of an SA of one protocol or port that the stack seals for; nullopt of another.
    std::optional<XfrmPolicy> raw_policy_of(const policy::SadEntry& entry, const Installation& installation,
                                            const XfrmOffload& offload) const;
    std::expected<Link, std::string> make_interface(const std::string& name, std::uint32_t if_id) const;
    std::expected<void, std::string> receive_tunnels();
    // The policies of what comes by the interface of inbound tunnels.
    std::vector<XfrmPolicy> inbound_policies() const;
    std::expected<void, std::string> send(NetlinkRequest& request) const;

    std::reference_wrapper<const Netlink> netlink_;
    std::string inbound_interface_;
    NumberRange ids_;
    NumberRange priorities_;
    std::optional<XfrmSocket> socket_;
    bool families_[2] = {false, false};  // known to be available: IPv4, IPv6
    bool receives_tunnels_ = false;
    StackPolicies stack_policies_;
    RawPolicies raw_policies_;
};

}  // namespace keyline::datapath
