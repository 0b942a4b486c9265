// Between the values of base/ and policy/ and the structs of shared/.
#pragma once

#include "base/ip_address.h"
#include "datapath/xfrm_message.h"
#include "policy/sad_entry.h"
#include "policy/selector.h"
#include "shared/sa.h"
#include "shared/slot.h"

namespace keyline::datapath {

kl_address to_kl(const IpAddress& address);
kl_tuple to_kl(const policy::PacketTuple& packet);
kl_selector to_kl(const policy::Selector& selector);
// But for index, epoch, slot and time of installation.
kl_sa to_kl(const policy::SadEntry& entry);
std::uint8_t kl_family(const IpAddress& address);

IpAddress from_kl(const kl_address& address, std::uint8_t family);
policy::PacketTuple from_kl(const kl_tuple& tuple);
policy::Selector from_kl(const kl_selector& selector);
// Without keys.
policy::SadEntry from_kl(const kl_sa& sa);

XfrmMark mark_of(const kl_sa& sa);

// The tuple that a selector's fixed fields make, and the shape that keeps just those fields.
kl_tuple selector_tuple(const policy::Selector& selector);
kl_shape selector_shape(const policy::Selector& selector);

}  // namespace keyline::datapath
