#include "daemon/admin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <map>

#include "daemon/engine_view.h"
#include "daemon/reload.h"
#include "daemon/route.h"
#include "daemon/views.h"
#include "shared/names.h"

namespace keyline::daemon {
namespace {

using exchange::AdminDone;

RequestError bad_request(std::string message) { return {ErrorCode::kBadRequest, std::move(message)}; }

std::expected<IpAddress, RequestError> address_argument(const std::string& text) {
    if (const auto address = IpAddress::parse(text)) return *address;
    return std::unexpected(
        bad_request(fmt::format("\"{}\" is no IP address; write it as 192.0.2.1 or 2001:db8::1", text)));
}

// "0x1a2b3c4d" as `keyline sas` shows it; hexadecimal always, the prefix is optional only with eight digits.
std::optional<std::uint32_t> parse_spi(std::string_view text) {
    const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
    if (prefixed) text.remove_prefix(2);
    if (!prefixed && text.size() != 8) return std::nullopt;
    std::uint32_t spi = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), spi, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return spi;
}

ReportSink::WhenDone answer(const ControlServer::Reply& reply, ErrorCode code_of_failure) {
    return [reply, code_of_failure](const AdminDone& done) {
        reply(done.ok ? ok_reply({{"text", done.text}}) : error_reply({code_of_failure, done.text}));
    };
}

}  // namespace

void Admin::handle(const Request& request, const ControlServer::Reply& reply) {
    static const std::map<std::string_view, Outcome (Admin::*)(const Request&)> kCommands{
        {"status", &Admin::status},     {"sas", &Admin::sas},       {"mm", &Admin::main_modes},
        {"policies", &Admin::policies}, {"flows", &Admin::flows},   {"counters", &Admin::counters},
        {"reload", &Admin::reload},     {"attach", &Admin::attach}, {"detach", &Admin::detach},
        {"stop", &Admin::stop},
    };
    if (request.command == "up") return up(request, reply);
    if (request.command == "down") return down(request, reply);
    const auto command = kCommands.find(request.command);
    if (command == kCommands.end()) {
        return reply(error_reply(bad_request(fmt::format("no such command: \"{}\"", request.command))));
    }
    const Outcome outcome = (this->*command->second)(request);
    reply(outcome ? ok_reply(*outcome) : error_reply(outcome.error()));
}

std::expected<datapath::Datapath*, RequestError> Admin::datapath() const {
    if (instance_.datapath) return &*instance_.datapath;
    return std::unexpected(
        RequestError{ErrorCode::kFailed, "keylined runs with --no-datapath: start it without"});
}

// Who asks the senders of first messages for a cookie.
std::string Admin::cookie_place(bool wanted) const {
    if (!wanted) return "off";
    if (!instance_.datapath) return "keylined";
    const std::vector<datapath::PortView> ports = instance_.datapath->view().ports();
    const bool in_kernel = std::ranges::any_of(
        ports, [](const datapath::PortView& port) { return port.port.role == KL_PORT_UNPROTECTED; });
    return in_kernel ? "XDP" : "keylined";
}

// Null when the kernel does not tell.
Json Admin::foreign_xfrm_json() const {
    const auto foreign = instance_.datapath->foreign_xfrm(*instance_.policy);
    if (!foreign) return nullptr;
    return {{"states", foreign->states}, {"policies", foreign->policies}, {"conflicts", foreign->conflicts}};
}

Admin::Outcome Admin::status(const Request&) {
    const auto now = std::chrono::steady_clock::now();
    const exchange::LimitsSnapshot limits = instance_.keyer->keyer().limits();
    Json listen = Json::array();
    for (const Endpoint& endpoint : instance_.listeners->endpoints())
        listen.push_back(endpoint.to_string());
    Json json{
        {"version", KEYLINE_VERSION},
        {"instance", instance_.name},
        {"pid", getpid()},
        {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(now - instance_.started).count()},
        {"configuration", instance_.config.string()},
        {"rules", instance_.policy->rules.size()},
        {"listen", std::move(listen)},
        {"main_modes", limits.main_modes},
        {"incomplete_main_modes", limits.incomplete},
        {"quick_modes", limits.quick_modes},
        {"authentication_steps", limits.auth_steps},
        {"dos_protection", limits.dos_protection},
        {"dos_cookies", cookie_place(limits.dos_protection)},
        {"key_export", nullptr},
        {"datapath", nullptr}};
    const std::string& key_export = instance_.policy->debug.key_export;
    if (!key_export.empty()) json["key_export"] = key_export;
    if (instance_.datapath) {
        const datapath::View& view = instance_.datapath->view();
        const datapath::WorkerStatus worker = view.worker();
        Json interfaces = Json::array();
        for (const datapath::PortView& port : view.ports())
            interfaces.push_back(interface_json(port.port));
        json["datapath"] = {{"policy_generation", view.config().policy_generation},
                            {"fastpath",
                             {{"running", worker.alive},
                              {"pid", worker.alive ? Json(worker.pid) : Json(nullptr)},
                              {"crypto", worker.alive ? kl_crypto_engine_name(worker.engine) : "none"}}},
                            {"interfaces", std::move(interfaces)},
                            {"foreign_xfrm", foreign_xfrm_json()}};
    }
    return json;
}

Admin::Outcome Admin::sas(const Request&) {
    const auto quick_modes = instance_.keyer->keyer().quick_modes(std::chrono::steady_clock::now());
    if (!instance_.datapath) return sas_json(quick_modes, *instance_.policy);
    instance_.datapath->read_kernel_sas();
    return sas_json(instance_.datapath->view(), quick_modes, *instance_.policy);
}

Admin::Outcome Admin::main_modes(const Request&) {
    return main_modes_json(instance_.keyer->keyer().main_modes(std::chrono::steady_clock::now()));
}

Admin::Outcome Admin::policies(const Request&) { return policies_json(*instance_.policy); }

Admin::Outcome Admin::flows(const Request& request) {
    const auto part = datapath();
    if (!part) return std::unexpected(part.error());
    const auto limit = request.arguments.find("limit");
    if (limit != request.arguments.end() && !limit->is_number_unsigned()) {
        return std::unexpected(bad_request("flows: \"limit\" is no positive number"));
    }
    constexpr std::size_t kDefaultLimit = 1000;
    const std::size_t most = limit == request.arguments.end() ? kDefaultLimit : limit->get<std::size_t>();
    return flows_json((*part)->view(), *instance_.policy, most);
}

Admin::Outcome Admin::counters(const Request&) {
    Json list = Json::array();
    if (instance_.datapath) {
        instance_.datapath->read_kernel_sas();
        list = packet_counters_json(instance_.datapath->view().counters());
        for (Json& counter : xfrm_counters_json(datapath::xfrm_statistics()))
            list.push_back(std::move(counter));
    }
    list.push_back({{"name", "udp-ignored"},
                    {"where", "keying"},
                    {"count", instance_.listeners->ignored()},
                    {"cause", "NAT keep-alives, and ESP in UDP that no XDP program took"},
                    {"remedy", "none needed; for ESP, attach the interface it arrives on"}});
    for (Json& counter : keyer_counters_json(instance_.keyer->keyer().counters()))
        list.push_back(std::move(counter));
    return list;
}

Admin::Outcome Admin::reload(const Request&) {
    const auto done = daemon::reload(instance_);
    if (!done) {
        for (const std::string& error : done.error())
            spdlog::error("reload: {}", error);
        return std::unexpected(RequestError{
            ErrorCode::kFailed, fmt::format("nothing was changed:\n{}", fmt::join(done.error(), "\n"))});
    }
    spdlog::info("reload: {}", done->summary);
    for (const std::string& warning : done->warnings)
        spdlog::warn("reload: {}", warning);
    return Json{{"text", done->summary}, {"warnings", done->warnings}};
}

Admin::Outcome Admin::stop(const Request& request) {
    const auto keep = request.arguments.find("keep_sas");
    if (keep != request.arguments.end() && !keep->is_boolean()) {
        return std::unexpected(bad_request("stop: \"keep_sas\" is neither true nor false"));
    }
    const bool keep_sas = keep != request.arguments.end() && keep->get<bool>();
    instance_.stop(keep_sas);
    return Json{{"text", keep_sas ? "keylined ends; its SAs stay" : "keylined deletes its SAs and ends"}};
}

Admin::Outcome Admin::attach(const Request& request) {
    const auto interface = string_argument(request, "interface");
    if (!interface) return std::unexpected(interface.error());
    const auto role_text =
        request.arguments.contains("role") ? string_argument(request, "role") : "unprotected";
    const auto role = role_text ? policy::parse_interface_role(*role_text) : std::nullopt;
    if (!role) return std::unexpected(bad_request("attach: \"role\" is \"unprotected\" or \"protected\""));
    const auto part = datapath();
    if (!part) return std::unexpected(part.error());
    if (const auto attached = (*part)->attach(*interface, *role); !attached) {
        return std::unexpected(RequestError{ErrorCode::kFailed, attached.error()});
    }
    spdlog::info("attached to {} ({})", *interface, policy::to_string(*role));
    return Json{
        {"text",
         fmt::format(
             "attached to {}, until `keyline detach {}`; add it to host.{} so that the configuration says so",
             *interface, *interface, policy::to_string(*role))}};
}

Admin::Outcome Admin::detach(const Request& request) {
    const auto interface = string_argument(request, "interface");
    if (!interface) return std::unexpected(interface.error());
    const auto part = datapath();
    if (!part) return std::unexpected(part.error());
    const auto ports = (*part)->view().ports();
    const bool known =
        std::ranges::any_of(ports, [&](const auto& view) { return *interface == view.port.name; });
    if (!known) {
        return std::unexpected(RequestError{
            ErrorCode::kNotFound,
            fmt::format("{} is not attached; `keyline status` lists the interfaces", *interface)});
    }
    if (const auto detached = (*part)->detach(*interface); !detached) {
        return std::unexpected(RequestError{ErrorCode::kFailed, detached.error()});
    }
    spdlog::info("detached from {}", *interface);
    return Json{{"text", fmt::format("detached from {}: its traffic is no longer protected", *interface)}};
}

void Admin::up(const Request& request, const ControlServer::Reply& reply) {
    const auto text = string_argument(request, "peer");
    if (!text) return reply(error_reply(text.error()));
    const auto peer = address_argument(*text);
    if (!peer) return reply(error_reply(peer.error()));
    const auto local = source_address(*peer);
    if (!local) return reply(error_reply({ErrorCode::kFailed, local.error()}));
    const std::uint64_t number = instance_.reports->expect_admin_done(answer(reply, ErrorCode::kNegotiation));
    instance_.keyer->handle(exchange::AdminUp{number, *peer, *local});
}

void Admin::down(const Request& request, const ControlServer::Reply& reply) {
    const auto text = string_argument(request, "what");
    if (!text) return reply(error_reply(text.error()));
    exchange::AdminDown event;
    if (const auto spi = parse_spi(*text)) {
        event.what = *spi;
    } else if (const auto peer = IpAddress::parse(*text)) {
        event.what = *peer;
    } else {
        return reply(error_reply(bad_request(fmt::format(
            "\"{}\" is neither an IP address nor an SPI (0x1a2b3c4d, as `keyline sas` shows it)", *text))));
    }
    event.request = instance_.reports->expect_admin_done(answer(reply, ErrorCode::kNotFound));
    instance_.keyer->handle(event);
}

}  // namespace keyline::daemon
