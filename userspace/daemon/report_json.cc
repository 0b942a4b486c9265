#include "daemon/report_json.h"

#include "base/overloaded.h"
#include "daemon/report_text.h"
#include "exchange/quick_mode.h"

namespace keyline::daemon {
namespace {

using namespace exchange;

Json event(const char* name, const Json& fields = Json::object()) {
    Json json{{"event", name}};
    json.update(fields);
    return json;
}

Json event(const char* name, const MmName& mm, const Json& fields = Json::object()) {
    Json json{{"event", name},
              {"main_mode", mm.id},
              {"role", to_string(mm.role)},
              {"local", mm.local.to_string()},
              {"remote", mm.remote.to_string()}};
    json.update(fields);
    return json;
}

Json names(const std::vector<auth::MethodId>& methods) {
    Json json = Json::array();
    for (const auth::MethodId method : methods)
        json.push_back(auth::to_string(method));
    return json;
}

Json message(const char* name, const auto& report, bool retransmission) {
    return event(name, report.mm,
                 {{"number", report.number},
                  {"exchange_type", report.exchange_type},
                  {"message_id", report.message_id},
                  {"encrypted", report.encrypted},
                  {"retransmission", retransmission},
                  {"payloads", report.payloads},
                  {"octets", report.octets}});
}

Json spis(const auto& report) {
    return {{"inbound_spi", spi_text(report.inbound_spi)},
            {"outbound_spi", spi_text(report.outbound_spi)},
            {"selector", report.selector.to_string()}};
}

Json fields_of(const Report& report) {
    return std::visit(
        Overloaded{
            [](const MmStarted& r) { return event("mm-started", r.mm); },
            [](const MmProposed& r) {
                return event(
                    "mm-proposed", r.mm,
                    {{"by", to_string(r.by)}, {"proposals", r.proposals}, {"methods", names(r.methods)}});
            },
            [](const MmChosen& r) {
                return event(
                    "mm-chosen", r.mm,
                    {{"by", to_string(r.by)}, {"proposal", r.proposal}, {"methods", names(r.methods)}});
            },
            [](const EmProposed& r) {
                return event("em-proposed", r.mm, {{"by", to_string(r.by)}, {"methods", names(r.methods)}});
            },
            [](const EmChosen& r) {
                return event("em-chosen", r.mm, {{"by", to_string(r.by)}, {"methods", names(r.methods)}});
            },
            [](const MethodTried& r) {
                return event("method-tried", r.mm,
                             {{"method", auth::to_string(r.method)}, {"extended_mode", r.extended_mode}});
            },
            [](const MethodFailed& r) {
                return event("method-failed", r.mm,
                             {{"method", auth::to_string(r.method)},
                              {"by", to_string(r.by)},
                              {"status", r.status},
                              {"reason", r.reason},
                              {"extended_mode", r.extended_mode}});
            },
            [](const MmEstablished& r) {
                return event("mm-established", r.mm,
                             {{"peer", r.peer},
                              {"method", auth::to_string(r.method)},
                              {"proposal", r.proposal},
                              {"nat", r.nat},
                              {"impersonation", r.credentials.impersonation},
                              {"explicit_credentials", r.credentials.explicit_credentials},
                              {"extended_mode", proof_json(r.extended_mode)},
                              {"user", user_json(r.impersonation_handle)}});
            },
            [](const MmMoved& r) {
                return event("mm-moved", r.mm, {{"from", r.from.to_string()}});
            },
            [](const QmProposed& r) {
                return event("qm-proposed", r.mm,
                             {{"message_id", r.message_id},
                              {"by", to_string(r.by)},
                              {"selector", r.selector},
                              {"suites", r.suites},
                              {"pfs", r.pfs}});
            },
            [](const QmEstablished& r) {
                Json json = event("qm-established", r.mm, spis(r));
                json.update({{"message_id", r.message_id},
                             {"mode", policy::to_string(r.mode)},
                             {"suite", r.suite.to_string()},
                             {"rule", r.rule},
                             {"rekey", r.rekey},
                             {"pfs", r.pfs}});
                return json;
            },
            [](const QmDeleted& r) {
                Json json = event("qm-deleted", spis(r));
                json["reason"] = r.reason;
                return json;
            },
            [](const MmDeleted& r) {
                return event("mm-deleted", r.mm, {{"reason", r.reason}});
            },
            [](const NegotiationFailed& r) {
                return event("negotiation-failed", r.mm,
                             {{"stage", to_string(r.stage)},
                              {"by", to_string(r.by)},
                              {"reason", reason_name(r.reason)},
                              {"code", r.code}});
            },
            [](const MessageSent& r) { return message("message-sent", r, r.retransmission); },
            [](const MessageReceived& r) { return message("message-received", r, false); },
            [](const Dropped& r) {
                return event("dropped",
                             {{"reason", reason_name(r.reason)}, {"remote", r.remote.to_string()}});
            },
            [](const DosProtection& r) {
                return event("dos-protection", {{"active", r.active}, {"incomplete", r.incomplete}});
            },
            [](const AdminDone& r) {
                return event("admin-done", {{"ok", r.ok}});
            },
            [](const Warning&) { return event("warning"); },
            [](const ShutdownDone&) { return event("shutdown-done"); },
        },
        report);
}

}  // namespace

Json proof_json(const std::optional<EmProof>& proof) {
    if (!proof) return nullptr;
    return {{"method", auth::to_string(proof->method)},
            {"peer", proof->peer},
            {"impersonation", proof->credentials.impersonation},
            {"explicit_credentials", proof->credentials.explicit_credentials}};
}

Json user_json(std::uint32_t impersonation_handle) {
    const bool is_local = impersonation_handle != 0 && !is_peer_user(impersonation_handle);
    return is_local ? Json(impersonation_handle) : Json(nullptr);
}

Json to_json(const Report& report) {
    Json json = fields_of(report);
    json["text"] = to_text(report);
    return json;
}

}  // namespace keyline::daemon
