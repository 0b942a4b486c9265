// Tables [host] and [datapath].
#include <algorithm>

#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

void read_instance(const Value& value, Host& host) {
    constexpr std::size_t kLongest = 11;  // "klh-" and the instance make an interface name of at most 15
    const auto text = value.text();
    if (!text) return;
    const auto allowed = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
    };
    if (text->empty() || text->size() > kLongest || !std::ranges::all_of(*text, allowed)) {
        value.error_expected("1 to 11 of the letters a to z, digits and '-'");
        return;
    }
    host.instance = *text;
}

void read_listen(const Value& value, Host& host) {
    host.listen = read_list(value, [](const Value& item) {
        auto address = item.address();
        if (address && address->is_any()) {
            item.error("leave \"listen\" out to answer on every address");
            address.reset();
        }
        return address;
    });
}

std::optional<std::string> read_interface_name(const Value& item) {
    constexpr std::size_t kLongest = 15;  // IFNAMSIZ with its NUL
    const auto text = item.text();
    if (!text) return std::nullopt;
    const auto forbidden = [](char letter) { return letter <= ' ' || letter == '/' || letter == 0x7f; };
    if (text->empty() || text->size() > kLongest || *text == "." || *text == ".." ||
        std::ranges::any_of(*text, forbidden)) {
        item.error_expected("the name of a network interface, as `ip link` shows it");
        return std::nullopt;
    }
    return text;
}

void read_interfaces(const Value& list, InterfaceRole role, Host& host) {
    for (std::string& name : read_list(list, read_interface_name)) {
        if (std::ranges::find(host.interfaces, name, &Interface::name) != host.interfaces.end()) {
            list.error(in_quotes(name) + " is an unprotected interface already; an interface has one role");
            continue;
        }
        host.interfaces.push_back({std::move(name), role});
    }
}

constexpr Named<RuleAction> kDefaultActions[] = {{RuleAction::kBypass, "bypass"},
                                                 {RuleAction::kBlock, "block"}};

constexpr Field<Host> kHostFields[] = {
    {"instance", read_instance},
    {"listen", read_listen},
    {"port", [](const Value& value, Host& host) { assign(host.port, value.integer(1, 65535)); }},
    {"nat_port", [](const Value& value, Host& host) { assign(host.nat_port, value.integer(1, 65535)); }},
    {"control_group", [](const Value& value, Host& host) { assign(host.control_group, value.name(32)); }},
    {"unprotected",
     [](const Value& value, Host& host) { read_interfaces(value, InterfaceRole::kUnprotected, host); }},
    {"protected",
     [](const Value& value, Host& host) { read_interfaces(value, InterfaceRole::kProtected, host); }},
    {"default_action",
     [](const Value& value, Host& host) { assign(host.default_action, value.one_of(kDefaultActions)); }},
};

constexpr Field<DatapathSettings> kDatapathFields[] = {
    {"hold", [](const Value& value, DatapathSettings& datapath) { assign(datapath.hold, value.boolean()); }},
    {"max_sas", [](const Value& value,
                   DatapathSettings& datapath) { assign(datapath.max_sas, value.integer(16, 1 << 20)); }},
    {"max_flows",
     [](const Value& value, DatapathSettings& datapath) {
         assign(datapath.max_flows, value.integer(1024, 1 << 24));
     }},
    {"acquire_interval",
     [](const Value& value, DatapathSettings& datapath) {
         assign(datapath.acquire_interval, value.duration(milliseconds(100), minutes(1)));
     }},
};

}  // namespace

void read_host(const Value& table, Loading& loading) {
    const Host& host = loading.policy.host;
    read_table(table, kHostFields, loading.policy.host);
    if (host.port != host.nat_port) return;
    if (const auto nat_port = table.member("nat_port")) {
        nat_port->error("must differ from host.port");
    } else {
        table.member("port")->error("must differ from host.nat_port");
    }
}

void read_datapath(const Value& table, Loading& loading) {
    read_table(table, kDatapathFields, loading.policy.datapath);
}

void list_host_keys(std::vector<std::string>& to) {
    list_keys("host", kHostFields, to);
    list_keys("datapath", kDatapathFields, to);
}

}  // namespace keyline::policy::config
