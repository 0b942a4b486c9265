#include "cli/live_capture.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <memory>

namespace keyline::cli {
namespace {

struct PcapClose {
    void operator()(pcap_t* capture) const { pcap_close(capture); }
};

// Fragments behind the first have no ports.
constexpr const char* kFilter = "udp port 500 or udp port 4500 or (ip[6:2] & 0x3fff != 0) or ip6 proto 44";
constexpr int kWholeFrames = 262144;  // octets
constexpr int kReadTimeout = 100;     // milliseconds

std::unexpected<std::string> failure(const std::string& interface, std::string_view why) {
    return std::unexpected(fmt::format("cannot watch {}: {}", interface, why));
}

}  // namespace

std::expected<void, std::string> capture_live(const std::string& interface,
                                              const std::function<void(const CapturedDatagram&)>& each) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    const std::unique_ptr<pcap_t, PcapClose> pcap(pcap_create(interface.c_str(), error.data()));
    if (!pcap) return failure(interface, error.data());
    pcap_set_snaplen(pcap.get(), kWholeFrames);
    pcap_set_timeout(pcap.get(), kReadTimeout);
    pcap_set_immediate_mode(pcap.get(), 1);
    if (const int status = pcap_activate(pcap.get()); status < 0) {
        if (status == PCAP_ERROR_PERM_DENIED)
            return failure(interface, "not permitted; run as root or with CAP_NET_RAW");
        if (status == PCAP_ERROR_NO_SUCH_DEVICE)
            return failure(interface, "there is no such interface; `ip link` lists those there are");
        return failure(interface, pcap_geterr(pcap.get()));
    }
    const int link = pcap_datalink(pcap.get());
    if (!knows_link_type(link)) return failure(interface, "it is neither an Ethernet nor an IP interface");
    bpf_program filter{};
    if (pcap_compile(pcap.get(), &filter, kFilter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return failure(interface, pcap_geterr(pcap.get()));
    const int filtering = pcap_setfilter(pcap.get(), &filter);
    pcap_freecode(&filter);
    if (filtering != 0) return failure(interface, pcap_geterr(pcap.get()));

    DatagramReader reader(link);
    pcap_pkthdr* header = nullptr;
    const u_char* octets = nullptr;
    for (;;) {
        const int result = pcap_next_ex(pcap.get(), &header, &octets);
        if (result == PCAP_ERROR) return failure(interface, pcap_geterr(pcap.get()));
        if (result != 1) continue;
        const auto time =
            std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec);
        if (const auto datagram = reader.take(ByteView(octets, header->caplen), time)) each(*datagram);
    }
}

}  // namespace keyline::cli
