#include "cli/decode.h"

#include <fmt/format.h>

#include "cli/capture.h"
#include "cli/input_file.h"
#include "daemon/json.h"
#include "daemon/udp_framing.h"
#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::cli {
namespace {

using daemon::Json;

Json to_json(const wire::Node& node) {
    Json json{{"name", node.name}};
    if (!node.value.empty()) json["value"] = node.value;
    if (!node.children.empty()) {
        Json& children = json["children"] = Json::array();
        for (const wire::Node& child : node.children)
            children.push_back(to_json(child));
    }
    return json;
}

void print_text(const Capture& capture, std::ostream& out) {
    for (const CapturedDatagram& datagram : capture.datagrams) {
        out << fmt::format("frame {}  {}  {} -> {}  {} octets\n", datagram.frame, time_text(datagram.time),
                           datagram.source.to_string(), datagram.destination.to_string(),
                           datagram.data.size())
            << wire::to_text(wire::describe(datagram.data)) << '\n';
    }
}

void print_json(const Capture& capture, std::ostream& out) {
    Json messages = Json::array();
    for (const CapturedDatagram& datagram : capture.datagrams) {
        messages.push_back({{"frame", datagram.frame},
                            {"time", time_text(datagram.time)},
                            {"source", datagram.source.to_string()},
                            {"destination", datagram.destination.to_string()},
                            {"octets", datagram.data.size()},
                            {"message", to_json(wire::describe(datagram.data))}});
    }
    out << daemon::to_line(messages) << '\n';
}

ExitCode decode_capture(ByteView file, bool json, std::ostream& out, std::ostream& err) {
    const auto capture = read_capture(file);
    if (!capture) {
        err << "keyline decode: " << capture.error() << '\n';
        return kFailure;
    }
    json ? print_json(*capture, out) : print_text(*capture, out);
    if (const std::string left_out = capture->left_out(); !left_out.empty())
        err << "keyline decode: " << left_out << '\n';
    if (capture->datagrams.empty()) {
        err << fmt::format("keyline decode: no IKE message on UDP 500 or 4500 in {} frames\n",
                           capture->frames);
        return kFailure;
    }
    return kSuccess;
}

// A datagram of port 4500 may have been saved with its non-ESP marker; the ISAKMP Length tells.
ByteView without_marker(ByteView datagram) {
    using daemon::kNonEspMarkerOctets;
    if (datagram.size() < kNonEspMarkerOctets || load_be32(datagram.data()) != 0) return datagram;
    const ByteView rest = datagram.subspan(kNonEspMarkerOctets);
    const auto header = wire::read_header(rest);
    return header && header->length == rest.size() ? rest : datagram;
}

}  // namespace

ExitCode decode(ByteView file, bool json, std::ostream& out, std::ostream& err) {
    if (is_capture(file)) return decode_capture(file, json, out, err);
    const ByteView datagram = without_marker(file);
    const auto header = wire::read_header(datagram);
    if (!header) {
        err << "keyline decode: neither a capture (pcap, pcapng) nor an ISAKMP message: "
            << header.error().to_string() << '\n';
        return kFailure;
    }
    const wire::Node tree = wire::describe(datagram);
    out << (json ? daemon::to_line(to_json(tree)) + '\n' : wire::to_text(tree));
    return kSuccess;
}

ExitCode decode(const std::string& path, bool json, std::ostream& out, std::ostream& err) {
    const auto content = read_input_file(path);
    if (!content) {
        err << "keyline decode: " << content.error() << '\n';
        return kFailure;
    }
    return decode(*content, json, out, err);
}

}  // namespace keyline::cli
