#include "cli/probe_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "auth/sec_status.h"
#include "base/overloaded.h"
#include "daemon/report_json.h"
#include "daemon/report_text.h"

namespace keyline::cli {
namespace {

using namespace exchange;
using daemon::Json;
using daemon::printable;

std::string who(By by) { return by == By::kLocal ? "this host" : "the peer"; }

std::string names(const std::vector<auth::MethodId>& methods) {
    std::vector<std::string> list;
    for (const auth::MethodId method : methods)
        list.push_back(auth::to_string(method));
    return fmt::format("{}", fmt::join(list, ", "));
}

std::string in_mode(auth::MethodId method, bool extended_mode) {
    return auth::to_string(method) + (extended_mode ? " in extended mode" : "");
}

LadderMessage ladder_message(const MmName& mm, const auto& message, bool sent, bool repeated) {
    const bool initiator = mm.role == Role::kInitiator;
    return {.initiator = initiator ? mm.local : mm.remote,
            .responder = initiator ? mm.remote : mm.local,
            .from_initiator = sent == initiator,
            .number = message.number,
            .encrypted = message.encrypted,
            .repeated = repeated,
            .payloads = message.payloads};
}

}  // namespace

void ProbeLog::say(const char* verb, const std::string& text) {
    if (!json_) out_ << fmt::format("  {:<9} {}\n", verb, text) << std::flush;
}

void ProbeLog::begin(const Endpoint& local, const Endpoint& remote, const std::vector<std::string>& notes) {
    result_["local"] = local.to_string();
    result_["peer"] = remote.to_string();
    if (!json_) out_ << fmt::format("probing {} from {}\n", remote.to_string(), local.to_string());
    for (const std::string& text : notes)
        note(text);
}

void ProbeLog::note(const std::string& text) {
    if (text == std::exchange(last_note_, text)) return;
    steps_.push_back({{"event", "note"}, {"text", text}});
    say("note", text);
}

void ProbeLog::take(const Report& report) {
    steps_.push_back(daemon::to_json(report));
    std::visit(
        Overloaded{
            [&](const MmProposed& r) {
                say("offered", fmt::format("by {}: main mode {}; authentication {}", who(r.by),
                                           fmt::join(r.proposals, ", "), names(r.methods)));
            },
            [&](const MmChosen& r) {
                result_["main_mode"] = r.proposal;
                say("chosen", fmt::format("by {}: main mode {}; authentication {}", who(r.by), r.proposal,
                                          names(r.methods)));
            },
            [&](const EmProposed& r) {
                say("offered", fmt::format("by {}: extended mode {}", who(r.by), names(r.methods)));
            },
            [&](const EmChosen& r) {
                say("chosen", fmt::format("by {}: extended mode {}", who(r.by), names(r.methods)));
            },
            [&](const MethodTried& r) { say("trying", in_mode(r.method, r.extended_mode)); },
            [&](const MethodFailed& r) {
                const std::string reason = r.reason.empty() ? "the peer gave no reason" : printable(r.reason);
                say("refused",
                    fmt::format("by {}: {}: {} (status {})", who(r.by), in_mode(r.method, r.extended_mode),
                                reason, auth::sec_status_text(r.status)));
            },
            [&](const MmEstablished& r) {
                result_["auth_method"] = auth::to_string(r.method);
                result_["peer_name"] = r.peer;
                result_["nat"] = r.nat;
                say("proved",
                    fmt::format("the peer is {}, by {}{}", r.peer.empty() ? "anonymous" : printable(r.peer),
                                auth::to_string(r.method), r.nat ? "; a NAT is on the way" : ""));
                if (!r.extended_mode) return;
                result_["extended_mode"] = daemon::proof_json(r.extended_mode);
                say("proved",
                    fmt::format("in extended mode the peer is {}, by {}", printable(r.extended_mode->peer),
                                auth::to_string(r.extended_mode->method)));
            },
            [&](const QmProposed& r) {
                say("offered", fmt::format("by {}: quick mode for {}: {}{}", who(r.by), r.selector,
                                           fmt::join(r.suites, ", "), r.pfs ? "; PFS" : ""));
            },
            [&](const QmEstablished& r) {
                result_["suite"] = r.suite.to_string();
                result_["selector"] = r.selector.to_string();
                result_["pfs"] = r.pfs;
                say("chosen", fmt::format("quick mode {} for {}; SPIs in {}, out {}", r.suite.to_string(),
                                          r.selector.to_string(), daemon::spi_text(r.inbound_spi),
                                          daemon::spi_text(r.outbound_spi)));
            },
            [&](const NegotiationFailed& r) {
                result_["refused_by"] = to_string(r.by);
                result_["stage"] = to_string(r.stage);
                result_["reason"] = reason_name(r.reason);
                result_["code"] = r.code;
                result_["failure"] = r.text;
                result_["remedy"] = reason_remedy(r.reason);
                const std::string code = r.code != 0 ? fmt::format(" (code {})", r.code) : "";
                say("refused",
                    fmt::format("by {} in {}{}: {}", who(r.by), to_string(r.stage), code, printable(r.text)));
                say("remedy", std::string(reason_remedy(r.reason)));
            },
            [&](const MessageSent& r) {
                messages_.push_back(ladder_message(r.mm, r, true, r.retransmission));
            },
            [&](const MessageReceived& r) {
                answered_ = true;
                messages_.push_back(ladder_message(r.mm, r, false, false));
            },
            [&](const Dropped& r) {
                say("dropped", fmt::format("a message from {}: {}: {}", r.remote.to_string(),
                                           reason_name(r.reason), printable(r.text)));
            },
            [&](const Warning& r) { say("warning", printable(r.text)); },
            [&](const auto&) {},
        },
        report);
}

// No report tells of a negotiation that is still under way.
void ProbeLog::fail_for_time(std::chrono::seconds limit) {
    if (answered_) {
        result_["failure"] =
            fmt::format("no end within {} s; a longer --timeout may have one", limit.count());
        return;
    }
    result_["reason"] = reason_name(Reason::kTimeout);
    result_["failure"] =
        fmt::format("nobody answered within {} s: {}", limit.count(), reason_remedy(Reason::kTimeout));
}

void ProbeLog::end(bool success, std::chrono::seconds limit) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun_;
    if (!success && !result_.contains("failure")) fail_for_time(limit);
    if (json_) {
        Json all{{"ok", success}};
        all.update(result_);
        all["messages"] = messages_.size();
        all["seconds"] = seconds.count();
        all["steps"] = std::move(steps_);
        out_ << daemon::to_line(all) << '\n';
        return;
    }
    if (!messages_.empty()) out_ << '\n';
    Ladder ladder(out_);
    for (const LadderMessage& message : messages_)
        ladder.draw(message);
    out_ << fmt::format(
        "\n{} after {:.3f} s and {} messages{}\n", success ? "success" : "failure", seconds.count(),
        messages_.size(),
        success ? "; nothing was installed here" : ": " + result_["failure"].get<std::string>());
}

}  // namespace keyline::cli
