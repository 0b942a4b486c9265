// What kernel ESP drops without telling which SA it was: /proc/net/xfrm_stat, of a whole network namespace,
// whoever made the SAs.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace keyline::datapath {

struct XfrmStatistic {
    std::string name;  // the kernel's: "XfrmInStateMismatch"
    std::uint64_t count = 0;
    std::string cause;
    std::string remedy;
};

// In the kernel's order, up to what is no name and number.
std::vector<XfrmStatistic> read_xfrm_statistics(std::istream& file);
// Of this process's network namespace; nothing on a kernel without XFRM or its statistics.
std::vector<XfrmStatistic> xfrm_statistics();

}  // namespace keyline::datapath
