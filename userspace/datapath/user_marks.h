// Marks by which the kernel's own policies know users (shared/user_mark.h, docs/decisions/0007).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "bpfmap/bpf_map.h"
#include "datapath/pins.h"
#include "datapath/programs.h"
#include "datapath/xfrm_message.h"
#include "policy/sad_entry.h"
#include "shared/user_mark.h"

namespace keyline::datapath {

class UserMarks {
  public:
    // Opens the maps, and renews the programs that a predecessor attached. `programs` lives longer than this
    // object.
    static std::expected<UserMarks, std::string> open(const Pins& pins, const Programs& programs);

    bool active() const { return marks_[0].active != 0; }
    // From now on sockets and packets are marked; without effect when they are already. The error names what
    // is missing, and the remedy. The programs go with the pins of the instance.
    std::expected<void, std::string> activate();
    // Whether sockets of this host's users are asked whose they are.
    void set_per_user(bool some_rule) { marks_[0].per_user = some_rule ? 1 : 0; }

    // What an SA of the kernel's wants of the marks of packets that it is to seal, or, inbound, gives to
    // those it has opened. `per_user`: of its rule. The error: no user can be told from the others any more.
    std::expected<XfrmMark, std::string> mark_for(const policy::SadEntry& entry, bool per_user);

  private:
    UserMarks(const Pins& pins, const Programs& programs) : pins_(pins), programs_(programs) {}
    std::expected<void, std::string> attach() const;
    std::expected<std::uint32_t, std::string> mark_of(std::uint32_t user);

    Pins pins_;
    std::reference_wrapper<const Programs> programs_;
    bpfmap::MappedArray<kl_user_marks> marks_;
    bpfmap::Map by_user_;
};

}  // namespace keyline::datapath
