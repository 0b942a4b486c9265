#include "cli/capture.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <memory>

#include "daemon/udp_framing.h"

namespace keyline::cli {
namespace {

using daemon::Frame;

struct PcapClose {
    void operator()(pcap_t* capture) const { pcap_close(capture); }
};

// The IKE message in a datagram, if it holds one.
std::optional<CapturedDatagram> ike_message(UdpDatagram datagram) {
    const daemon::IkePorts ports;
    const auto either = [&](std::uint16_t port) {
        return datagram.source.port == port || datagram.destination.port == port;
    };
    CapturedDatagram found{0, {}, datagram.source, datagram.destination, std::move(datagram.data)};
    if (either(ports.nat_traversal)) {
        if (daemon::classify_marked(found.data) != Frame::kIke) return std::nullopt;
        found.data.erase(found.data.begin(), found.data.begin() + daemon::kNonEspMarkerOctets);
        return found;
    }
    if (either(ports.ike)) return found;
    return std::nullopt;
}

}  // namespace

bool is_capture(ByteView file) {
    constexpr std::array<std::uint32_t, 7> kMagic{0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1,
                                                  0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a};
    if (file.size() < 12) return false;
    const std::uint32_t magic = load_be32(file.data());
    for (const std::uint32_t known : kMagic) {
        if (magic == known) return true;
    }
    return false;
}

std::string Capture::left_out() const {
    if (cut_short + incomplete == 0) return "";
    return fmt::format(
        "left out: {} IKE datagrams cut short (capture with `-s 0`), {} packets with fragments missing",
        cut_short, incomplete);
}

std::optional<CapturedDatagram> DatagramReader::take(ByteView frame, std::chrono::nanoseconds time) {
    ++frames_;
    const auto packet = ip_packet(link_, frame);
    auto payload = packet ? ip_payload(*packet) : std::nullopt;
    if (payload && payload->is_fragment()) payload = fragments_.add(*payload);
    auto datagram = payload ? udp_datagram(*payload) : std::nullopt;
    if (!datagram) return std::nullopt;
    const bool cut_short = datagram->cut_short;
    auto message = ike_message(std::move(*datagram));
    if (!message) return std::nullopt;
    if (cut_short) {
        ++cut_short_;
        return std::nullopt;
    }
    message->frame = frames_;
    message->time = time;
    return message;
}

std::string time_text(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())),
                       microseconds.count());
}

std::expected<Capture, std::string> read_capture(ByteView file) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    // fmemopen does not write to a buffer opened for reading; pcap_close closes the stream.
    std::FILE* const stream = fmemopen(const_cast<std::uint8_t*>(file.data()), file.size(), "rb");
    if (stream == nullptr) return std::unexpected("cannot read the capture: out of memory");
    const std::unique_ptr<pcap_t, PcapClose> pcap(
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error.data()));
    if (!pcap) {
        std::fclose(stream);
        return std::unexpected(fmt::format("cannot read the capture: {}", error.data()));
    }
    const int link = pcap_datalink(pcap.get());
    if (!knows_link_type(link)) {
        const char* const name = pcap_datalink_val_to_name(link);
        return std::unexpected(
            fmt::format("cannot read a capture of link type {}; capture on an Ethernet or IP interface",
                        name != nullptr ? name : std::to_string(link)));
    }

    Capture capture;
    DatagramReader reader(link);
    pcap_pkthdr* header = nullptr;
    const u_char* octets = nullptr;
    int result = 0;
    while ((result = pcap_next_ex(pcap.get(), &header, &octets)) == 1) {
        // The precision asked for has nanoseconds in tv_usec.
        const auto time =
            std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
        if (auto datagram = reader.take(ByteView(octets, header->caplen), time))
            capture.datagrams.push_back(std::move(*datagram));
    }
    capture.frames = reader.frames();
    capture.cut_short = reader.cut_short();
    capture.incomplete = reader.incomplete();
    if (result == PCAP_ERROR && capture.frames == 0) {
        return std::unexpected(fmt::format("cannot read the capture: {}", pcap_geterr(pcap.get())));
    }
    return capture;
}

}  // namespace keyline::cli
