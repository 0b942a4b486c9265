#include "cli/monitor.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "cli/endpoint_text.h"

namespace keyline::cli {
namespace {

using daemon::Json;

std::string clock_time() {
    const auto now = std::chrono::system_clock::now();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
    return fmt::format("{:%H:%M:%S}.{:03}", fmt::localtime(std::chrono::system_clock::to_time_t(seconds)),
                       milliseconds);
}

std::string text_of(const Json& event) {
    if (event.value("event", "") == "lost") {
        return fmt::format("{} events were lost: they came faster than they were read",
                           event.value("lines", 0));
    }
    return event.value("text", daemon::to_line(event));
}

}  // namespace

std::optional<LadderMessage> ladder_message(const Json& event) {
    const std::string name = event.value("event", "");
    const bool sent = name == "message-sent";
    if (!sent && name != "message-received") return std::nullopt;
    const auto local = parse_endpoint(event.value("local", ""), 0);
    const auto remote = parse_endpoint(event.value("remote", ""), 0);
    if (!local || !remote) return std::nullopt;
    const bool initiator = event.value("role", "") == "initiator";
    LadderMessage message;
    message.initiator = initiator ? *local : *remote;
    message.responder = initiator ? *remote : *local;
    message.from_initiator = sent == initiator;
    message.number = event.value("number", 0u);
    message.encrypted = event.value("encrypted", false);
    message.repeated = event.value("retransmission", false);
    message.payloads = event.value("payloads", "");
    return message;
}

ClientError monitor(ControlClient& client, MonitorFormat format, std::ostream& out) {
    if (const auto subscribed = client.request({{"command", "monitor"}}); !subscribed)
        return subscribed.error();
    Ladder ladder(out);
    for (;;) {
        const auto event = client.next();
        if (!event) return event.error();
        switch (format) {
            case MonitorFormat::kJson:
                out << daemon::to_line(*event) << '\n';
                break;
            case MonitorFormat::kText:
                out << clock_time() << "  " << text_of(*event) << '\n';
                break;
            case MonitorFormat::kLadder:
                if (const auto message = ladder_message(*event)) ladder.draw(*message);
                break;
        }
        out.flush();
    }
}

}  // namespace keyline::cli
