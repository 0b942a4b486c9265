#include "simulation/trace.h"

#include <cstdio>
#include <utility>

#include "base/overloaded.h"

namespace keyline::simulation {
namespace {

std::string mm_text(const exchange::MmName& mm) {
    return "mm " + std::to_string(mm.id) + " " + exchange::to_string(mm.role);
}

std::string message_text(std::uint32_t number, bool encrypted, std::uint32_t message_id,
                         const std::string& payloads) {
    return (number == 0 ? "notify" : "#" + std::to_string(number)) + (encrypted ? "* " : " ") + payloads +
           " (id " + std::to_string(message_id) + ")";
}

std::string text_of(const exchange::Report& report) {
    using namespace exchange;
    return std::visit(
        Overloaded{
            [](const MmStarted& r) { return mm_text(r.mm) + " started"; },
            [](const MmProposed& r) { return mm_text(r.mm) + " proposals by " + to_string(r.by); },
            [](const MmChosen& r) { return mm_text(r.mm) + " chose " + r.proposal; },
            [](const EmProposed& r) { return mm_text(r.mm) + " extended methods by " + to_string(r.by); },
            [](const EmChosen& r) {
                return mm_text(r.mm) + " extended methods chosen by " + to_string(r.by);
            },
            [](const MethodTried& r) { return mm_text(r.mm) + " tries " + auth::to_string(r.method); },
            [](const MethodFailed& r) {
                return mm_text(r.mm) + " " + auth::to_string(r.method) + " failed: " + r.reason;
            },
            [](const MmEstablished& r) { return mm_text(r.mm) + " established with " + r.peer; },
            [](const MmMoved& r) { return mm_text(r.mm) + " moved from " + r.from.to_string(); },
            [](const QmProposed& r) { return mm_text(r.mm) + " quick mode proposals by " + to_string(r.by); },
            [](const QmEstablished& r) {
                return mm_text(r.mm) + " quick mode " + std::to_string(r.message_id) + " established, " +
                       r.selector.to_string() + ", in " + std::to_string(r.inbound_spi) + " out " +
                       std::to_string(r.outbound_spi);
            },
            [](const QmDeleted& r) {
                return "quick mode in " + std::to_string(r.inbound_spi) + " deleted: " + r.reason;
            },
            [](const MmDeleted& r) { return mm_text(r.mm) + " deleted: " + r.reason; },
            [](const NegotiationFailed& r) {
                return mm_text(r.mm) + " " + to_string(r.stage) + " failed: " + r.text;
            },
            [](const MessageSent& r) {
                return mm_text(r.mm) + (r.retransmission ? " repeats " : " sends ") +
                       message_text(r.number, r.encrypted, r.message_id, r.payloads);
            },
            [](const MessageReceived& r) {
                return mm_text(r.mm) + " receives " +
                       message_text(r.number, r.encrypted, r.message_id, r.payloads);
            },
            [](const Dropped& r) { return "drops: " + std::string(reason_name(r.reason)) + " " + r.text; },
            [](const DosProtection& r) { return "DoS protection " + std::string(r.active ? "on" : "off"); },
            [](const AdminDone& r) { return "admin " + std::to_string(r.request) + ": " + r.text; },
            [](const Warning& r) { return "warning: " + r.text; },
            [](const ShutdownDone&) { return std::string("shutdown done"); }},
        report);
}

}  // namespace

std::string to_text(Instant when, const std::string& host, const exchange::Report& report) {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
    char moment[32];
    std::snprintf(moment, sizeof moment, "%8.3f ", static_cast<double>(milliseconds - 1000000) / 1000);
    return moment + host + ": " + text_of(report);
}

}  // namespace keyline::simulation
