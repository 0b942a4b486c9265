#include "cli/trace.h"

#include <fmt/format.h>

#include <optional>

#include "cli/capture.h"
#include "cli/conversations.h"
#include "cli/input_file.h"
#include "cli/live_capture.h"
#include "daemon/json.h"
#include "wire/names.h"
#include "wire/parse.h"

namespace keyline::cli {
namespace {

using daemon::Json;

Json to_json(const CapturedDatagram& datagram, const LadderMessage& message) {
    const auto header = wire::read_header(datagram.data);
    return {{"frame", datagram.frame},
            {"time", time_text(datagram.time)},
            {"source", datagram.source.to_string()},
            {"destination", datagram.destination.to_string()},
            {"from", message.from_initiator ? "initiator" : "responder"},
            {"number", message.number},
            {"exchange", wire::exchange_name(header->exchange_type)},
            {"message_id", header->message_id},
            {"encrypted", message.encrypted},
            {"repeated", message.repeated},
            {"payloads", message.payloads},
            {"octets", datagram.data.size()}};
}

class Tracer {
  public:
    Tracer(const KeyFile* keys, bool json, std::ostream& out)
        : conversations_(keys), ladder_(out), json_(json), out_(out) {}

    void take(const CapturedDatagram& datagram) {
        const auto message = conversations_.follow(datagram);
        if (!message) return;
        if (json_) {
            out_ << daemon::to_line(to_json(datagram, *message)) << '\n';
        } else {
            ladder_.draw(*message);
        }
        out_.flush();
    }

  private:
    Conversations conversations_;
    Ladder ladder_;
    bool json_;
    std::ostream& out_;
};

std::expected<void, std::string> trace_file(const std::string& path, Tracer& tracer, std::ostream& err) {
    const auto file = read_input_file(path);
    if (!file) return std::unexpected(file.error());
    if (!is_capture(*file)) return std::unexpected(fmt::format("{}: no capture (pcap, pcapng)", path));
    const auto capture = read_capture(*file);
    if (!capture) return std::unexpected(fmt::format("{}: {}", path, capture.error()));
    for (const CapturedDatagram& datagram : capture->datagrams)
        tracer.take(datagram);
    if (const std::string left_out = capture->left_out(); !left_out.empty())
        err << "keyline trace: " << left_out << '\n';
    if (!capture->datagrams.empty()) return {};
    return std::unexpected(
        fmt::format("{}: no IKE message on UDP 500 or 4500 in {} frames", path, capture->frames));
}

}  // namespace

ExitCode trace(const TraceOptions& options, std::ostream& out, std::ostream& err) {
    std::optional<KeyFile> keys;
    std::expected<void, std::string> done;
    if (!options.keys.empty()) {
        auto read = KeyFile::read(options.keys);
        if (read) {
            keys.emplace(std::move(*read));
        } else {
            done = std::unexpected(read.error());
        }
    }
    Tracer tracer(keys ? &*keys : nullptr, options.json, out);
    if (done && !options.file.empty()) {
        done = trace_file(options.file, tracer, err);
    } else if (done) {
        done = capture_live(options.interface, [&](const CapturedDatagram& datagram) {
            // The key of a message is written before the message is sent.
            if (keys) {
                if (auto again = KeyFile::read(options.keys)) *keys = std::move(*again);
            }
            tracer.take(datagram);
        });
    }
    if (done) return kSuccess;
    err << "keyline trace: " << done.error() << '\n';
    return kFailure;
}

}  // namespace keyline::cli
