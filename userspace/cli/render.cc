#include "cli/render.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "cli/table.h"
#include "daemon/report_text.h"

namespace keyline::cli {
namespace {

using daemon::Json;

// A field as text, whatever its type; "-" for null and what is missing. Peers' names come from peers: no
// control character passes.
std::string field(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return "-";
    return found->is_string() ? daemon::printable(found->get<std::string>()) : daemon::to_line(*found);
}

std::uint64_t number(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

std::string duration(std::uint64_t seconds) {
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 2 * 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string joined(const Json& list) {
    std::vector<std::string> words;
    for (const Json& word : list)
        words.push_back(word.is_string() ? word.get<std::string>() : daemon::to_line(word));
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
}

// "copy on 2 of 2 queues".
std::string queue_modes(const Json& queues) {
    std::map<std::string, std::size_t> modes;
    for (const Json& queue : queues)
        ++modes[field(queue, "af_xdp")];
    std::vector<std::string> parts;
    for (const auto& [mode, count] : modes) {
        parts.push_back(fmt::format("{} on {} of {} queues", mode, count, queues.size()));
    }
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string count(std::uint64_t number_of, std::string_view thing) {
    return fmt::format("{} {}{}", number_of, thing, number_of == 1 ? "" : "s");
}

// What others have in XFRM: nothing on most hosts.
void render_foreign_xfrm(const Json& datapath, std::ostream& out) {
    const Json foreign = datapath.value("foreign_xfrm", Json());
    if (foreign.is_null()) return;
    const std::uint64_t states = number(foreign, "states"), policies = number(foreign, "policies");
    if (states + policies != 0) {
        out << fmt::format("others' XFRM   {}, {}: left alone\n", count(states, "state"),
                           policies == 1 ? "1 policy" : fmt::format("{} policies", policies));
    }
    for (const Json& conflict : foreign.at("conflicts"))
        out << "WARNING        " << conflict.get<std::string>() << '\n';
}

void render_datapath(const Json& datapath, std::ostream& out) {
    if (datapath.is_null()) {
        out << "datapath       off (--no-datapath): nothing is protected\n";
        return;
    }
    const Json& fastpath = datapath.at("fastpath");
    out << "fast path      "
        << (fastpath.value("running", false) ? fmt::format("keyline-fastpath, pid {}, {}",
                                                           field(fastpath, "pid"), field(fastpath, "crypto"))
                                             : "not running: start keyline-fastpath")
        << '\n';
    render_foreign_xfrm(datapath, out);
    Table table({"INTERFACE", "ROLE", "MTU", "XDP", "AF_XDP"});
    for (const Json& interface : datapath.at("interfaces")) {
        table.add({field(interface, "name"), field(interface, "role"), field(interface, "mtu"),
                   field(interface, "xdp"), queue_modes(interface.at("queues"))});
    }
    out << '\n';
    table.print(out);
}

std::string limits_text(const Json& lifetime) {
    std::string text = fmt::format("age {}", duration(number(lifetime, "age_seconds")));
    if (const auto soft = number(lifetime, "soft_seconds"))
        text += fmt::format(", renewed after {}", duration(soft));
    if (const auto hard = number(lifetime, "hard_seconds"))
        text += fmt::format(", ends after {}", duration(hard));
    return text;
}

void render_counter_list(const Json& counters, bool zeros, std::ostream& out) {
    bool any = false;
    for (const auto& [where, title] :
         {std::pair{"packets", "Packets"}, std::pair{"keying", "Messages and negotiations"},
          std::pair{"xfrm", "XFRM, of the whole network namespace"}}) {
        Table table({"COUNT", "REASON", "CAUSE", "REMEDY"});
        for (const Json& counter : counters) {
            if (field(counter, "where") != where || (!zeros && number(counter, "count") == 0)) continue;
            table.add({field(counter, "count"), field(counter, "name"), field(counter, "cause"),
                       field(counter, "remedy")});
        }
        if (table.empty()) continue;
        any = true;
        out << title << '\n';
        table.print(out);
        out << '\n';
    }
    if (!any) out << "nothing has been counted yet\n";
}

// Whom a negotiation is with. A name that the method did not prove is a hint.
std::string peer_of(const Json& object) {
    const std::string name = field(object, "peer");
    if (name.empty() || name == "-") return "anonymous";
    return object.value("proved", true) ? name : "anonymous (announced as " + name + ")";
}

// One line for each method that was tried in vain.
std::string failed_methods(const Json& mm) {
    std::string lines;
    for (const Json& failure : mm.value("failed_methods", Json::array())) {
        const std::string reason = field(failure, "reason");
        lines += fmt::format("     failed   {} by {}: {}\n", field(failure, "method"), field(failure, "by"),
                             reason.empty() || reason == "-" ? field(failure, "status_name") : reason);
    }
    return lines;
}

// Whether a flow has an SA; without one it may be in the clear by negotiation discovery.
const char* sa_of(const Json& flow) {
    if (flow.value("has_sa", false)) return "yes";
    return flow.value("clear", false) && !flow.value("secure", false) ? "clear" : "-";
}

// Whose credentials main mode or extended mode is by: nothing for the machine's.
std::string credentials_of(const Json& authentication, const Json& mm) {
    std::string text;
    const Json user = mm.value("user", Json());
    if (authentication.value("impersonation", false))
        text += user.is_null() ? ", a user" : ", for uid " + user.dump();
    if (authentication.value("explicit_credentials", false)) text += ", explicit credentials";
    return text;
}

// "5 errors (3 replay, 2 icv)"; those without a reason here have others.
std::string errors_of(const Json& sa) {
    std::vector<std::string> reasons;
    const Json by_reason = sa.value("errors_by_reason", Json::object());
    for (const auto& [reason, errors] : by_reason.items()) {
        if (errors != 0) reasons.push_back(fmt::format("{} {}", errors.get<std::uint64_t>(), reason));
    }
    return count(number(sa, "errors"), "error") +
           (reasons.empty() ? "" : fmt::format(" ({})", fmt::join(reasons, ", ")));
}

// Nothing for an SA without extended mode.
std::string extended_mode_line(const Json& mm) {
    const Json proof = mm.value("extended_mode", Json());
    if (proof.is_null()) return "";
    return fmt::format("     extended {}, by {}{}\n", field(proof, "peer"), field(proof, "method"),
                       credentials_of(proof, mm));
}

}  // namespace

void render_status(const Json& status, std::ostream& out) {
    out << fmt::format("keylined {}, instance {}, pid {}, up {}\n", field(status, "version"),
                       field(status, "instance"), field(status, "pid"),
                       duration(number(status, "uptime_seconds")))
        << fmt::format("configuration  {} ({} rules)\n", field(status, "configuration"),
                       field(status, "rules"))
        << fmt::format("listening on   {}\n", joined(status.at("listen")))
        << fmt::format("keying         {} main modes ({} unfinished), {} quick modes\n",
                       field(status, "main_modes"), field(status, "incomplete_main_modes"),
                       field(status, "quick_modes"))
        << fmt::format("DoS cookies    {}\n", field(status, "dos_cookies"));
    if (const std::string directory = field(status, "key_export"); directory != "-")
        out << fmt::format("WARNING        keys are exported to {}: whoever reads it reads all traffic\n",
                           directory);
    render_datapath(status.at("datapath"), out);
}

void render_sas(const Json& sas, std::ostream& out) {
    if (sas.empty())
        out << "no SAs: nothing has met a protect rule yet, or `keyline counters` tells why it failed\n";
    for (const Json& sa : sas) {
        const bool inbound = field(sa, "direction") == "in";
        out << fmt::format("{:<3}  {}  {} -> {}  {}  {}  {}{}\n", field(sa, "direction"), field(sa, "spi"),
                           field(sa, inbound ? "remote" : "local"), field(sa, inbound ? "local" : "remote"),
                           field(sa, "mode"), field(sa, "suite"), field(sa, "state"),
                           sa.value("adopted", false) ? ", adopted" : "")
            << fmt::format("     traffic  {}, rule \"{}\", peer {}\n", field(sa, "selector"),
                           field(sa, "rule"), peer_of(sa))
            << fmt::format("     engine   {}, crypto {}: {}; {}\n", field(sa, "engine"), field(sa, "crypto"),
                           field(sa, "engine_mode"), field(sa, "why"));
        if (sa.contains("packets")) {
            out << fmt::format("     used     {}, {}, {}\n", count(number(sa, "packets"), "packet"),
                               count(number(sa, "octets"), "octet"), errors_of(sa));
        }
        out << "     life     " << limits_text(sa.at("lifetime")) << '\n';
    }
}

void render_main_modes(const Json& main_modes, std::ostream& out) {
    if (main_modes.empty()) out << "no main mode SAs: nobody has negotiated yet\n";
    for (const Json& mm : main_modes) {
        out << fmt::format("{}  {} -> {}  {}  {}{}\n", field(mm, "id"), field(mm, "local"),
                           field(mm, "remote"), field(mm, "role"), field(mm, "state"),
                           mm.value("nat", false) ? ", behind a NAT" : "")
            << fmt::format("     peer     {}, by {}{}, {}\n", peer_of(mm), field(mm, "method"),
                           credentials_of(mm, mm), field(mm, "proposal"))
            << failed_methods(mm) << extended_mode_line(mm)
            << fmt::format("     cookies  {} {}\n", field(mm, "initiator_cookie"),
                           field(mm, "responder_cookie"))
            << fmt::format("     life     age {}, ends in {}; {}, {} waiting\n",
                           duration(number(mm, "age_seconds")), duration(number(mm, "remaining_seconds")),
                           count(number(mm, "quick_modes"), "quick mode"), field(mm, "waiting_quick_modes"));
    }
}

void render_policies(const Json& policies, std::ostream& out) {
    Table table({"RULE", "ACTION", "MODE", "ENGINE", "QUICK MODE", "TRAFFIC"});
    for (const Json& rule : policies) {
        bool first = true;
        for (const Json& selector : rule.at("selectors")) {
            table.add(first ? std::vector<std::string>{field(rule, "name"), field(rule, "action"),
                                                       field(rule, "mode"), field(rule, "engine"),
                                                       field(rule, "quick_mode"), selector.get<std::string>()}
                            : std::vector<std::string>{"", "", "", "", "", selector.get<std::string>()});
            first = false;
        }
    }
    table.print(out);
}

void render_flows(const Json& flows, std::ostream& out) {
    if (flows.empty()) {
        out << "no flows: no packet has been classified since the rules were last changed\n";
        return;
    }
    Table table({"LOCAL", "REMOTE", "PROTOCOL", "PORTS", "ACTION", "SA", "RULE"});
    for (const Json& flow : flows) {
        table.add({field(flow, "local"), field(flow, "remote"), field(flow, "protocol"),
                   fmt::format("{} {}", field(flow, "local_port"), field(flow, "remote_port")),
                   field(flow, "action"), sa_of(flow), field(flow, "rule")});
    }
    table.print(out);
}

void render_counters(const Json& counters, std::ostream& out) { render_counter_list(counters, false, out); }
void render_all_counters(const Json& counters, std::ostream& out) {
    render_counter_list(counters, true, out);
}

void render_text(const Json& result, std::ostream& out) {
    out << field(result, "text") << '\n';
    for (const Json& warning : result.value("warnings", Json::array())) {
        out << "warning: " << warning.get<std::string>() << '\n';
    }
}

}  // namespace keyline::cli
