#include "datapath/xfrm_statistics.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace keyline::datapath {
namespace {

struct Text {
    std::string_view name;
    std::string_view cause;
    std::string_view remedy;
};

constexpr Text kTexts[] = {
    {"XfrmInNoStates", "ESP with an SPI that no inbound SA of the kernel has",
     "normal right after a restart or rekey; on an interface that is not attached XDP cannot count it as "
     "spi"},
    {"XfrmInStateProtoError", "the integrity check failed, or the ESP trailer is malformed",
     "`keyline sas` shows whose: keys differ or the packet was altered on the way"},
    {"XfrmInStateSeqError", "the sequence number was seen before or is older than the replay window",
     "`keyline sas` shows whose: a few are reordering, many are a replay attack"},
    {"XfrmInStateExpired", "ESP under an SA that is past a hard limit",
     "the rekey failed: the log tells why"},
    {"XfrmInStateMismatch", "the inner packet is outside the selectors of the SA it came through",
     "the peer sends traffic that was not negotiated: compare both policies"},
    {"XfrmInTmplMismatch", "the packet came by another SA than a policy of XFRM wants, or in the clear",
     "`ip xfrm policy` shows the policies; look for one that is not Keyline's"},
    {"XfrmInNoPols", "the inner packet of a tunnel has no policy of XFRM",
     "`ip xfrm policy` shows whether somebody has removed Keyline's"},
    {"XfrmInPolBlock", "a policy of XFRM blocks the packet",
     "`ip xfrm policy` shows it: it is not Keyline's"},
    {"XfrmOutNoStates", "a policy of XFRM leads to an SA that is not there",
     "none needed: its negotiation is asked for; if it stays so, `keyline probe PEER` tells why"},
    {"XfrmOutStateSeqError", "the outbound sequence number space is used up",
     "the rekey failed: `keyline sas` shows the SA, the log its negotiation"},
    {"XfrmOutStateExpired", "a packet for an SA that is past a hard limit",
     "the rekey failed: the log tells why"},
    {"XfrmOutPolBlock", "a policy of XFRM blocks the packet",
     "`ip xfrm policy` shows it: it is not Keyline's"},
};

constexpr Text kOther = {{}, "as the kernel's documentation of xfrm_proc says", "look at the kernel's log"};

}  // namespace

std::vector<XfrmStatistic> read_xfrm_statistics(std::istream& file) {
    std::vector<XfrmStatistic> statistics;
    XfrmStatistic next;
    while (file >> next.name >> next.count) {
        const auto* const found = std::ranges::find(kTexts, next.name, &Text::name);
        const Text& text = found != std::end(kTexts) ? *found : kOther;
        next.cause = text.cause;
        next.remedy = text.remedy;
        statistics.push_back(next);
    }
    return statistics;
}

std::vector<XfrmStatistic> xfrm_statistics() {
    std::ifstream file("/proc/self/net/xfrm_stat");
    return read_xfrm_statistics(file);
}

}  // namespace keyline::datapath
