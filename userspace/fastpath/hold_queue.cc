#include "fastpath/hold_queue.h"

#include <algorithm>
#include <cstring>

namespace keyline::fastpath {

bool HoldQueue::add(const kl_slot_key& key, Held held) {
    if (count_ == kMaxHeld) return false;
    auto at = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) {
        return std::memcmp(&group.key, &key, sizeof key) == 0;
    });
    if (at == groups_.end()) at = groups_.insert(groups_.end(), Group{key, {}});
    if (at->packets.size() == kMaxHeldPerKey) return false;
    at->packets.push_back(std::move(held));
    ++count_;
    return true;
}

std::uint32_t HoldQueue::poll(std::uint64_t now,
                              const std::function<Awaited(std::uint32_t rule, const kl_tuple&)>& awaited,
                              const std::function<void(const Held&, Awaited)>& release) {
    std::uint32_t timed_out = 0;
    for (Group& group : groups_) {
        const Awaited sa = awaited(group.key.rule, group.packets.front().tuple);
        if (sa != Awaited::kNoSa) {
            for (const Held& held : group.packets)
                release(held, sa);
            count_ -= group.packets.size();
            group.packets.clear();
        }
        while (!group.packets.empty() && now - group.packets.front().since > kHoldTimeout) {
            group.packets.pop_front();
            --count_;
            ++timed_out;
        }
    }
    groups_.remove_if([](const Group& group) { return group.packets.empty(); });
    return timed_out;
}

}  // namespace keyline::fastpath
