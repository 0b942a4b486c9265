#include "cli/daemon_commands.h"

#include "cli/control_client.h"
#include "cli/monitor.h"
#include "cli/render.h"

namespace keyline::cli {
namespace {

using daemon::Json;
using Render = void (*)(const Json& result, std::ostream& out);

ExitCode fail(const Context& context, const ClientError& error) {
    if (context.json) {
        context.out << daemon::to_line({{"error", {{"exit_code", error.code}, {"message", error.message}}}})
                    << '\n';
    }
    context.err << "keyline: " << error.message << '\n';
    return error.code;
}

ExitCode ask(const Context& context, const Json& request, Render render) {
    auto client = ControlClient::connect(context.run_directory, context.instance);
    if (!client) return fail(context, client.error());
    const auto result = client->request(request);
    if (!result) return fail(context, result.error());
    if (context.json) {
        context.out << daemon::to_line(*result) << '\n';
    } else {
        render(*result, context.out);
    }
    return kSuccess;
}

CLI::App* add_command(CLI::App& app, Context& context, const char* name, const char* description,
                      const char* footer) {
    CLI::App* const command = app.add_subcommand(name, description);
    command->add_flag("--json", context.json, "Print JSON, one line");
    command->add_option("--instance", context.instance, "Instance to ask")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--run-dir", context.run_directory, "Where its control socket is")
        ->type_name("DIR")
        ->capture_default_str();
    command->footer(footer);
    return command;
}

// A command without arguments of its own.
void add_query(CLI::App& app, Context& context, const char* name, const char* description, const char* footer,
               Render render) {
    add_command(app, context, name, description, footer)->callback([&context, name, render] {
        context.command = [&context, name, render] { return ask(context, {{"command", name}}, render); };
    });
}

void add_queries(CLI::App& app, Context& context) {
    add_query(app, context, "status", "Is the daemon well, and where is it attached?",
              "Examples:\n"
              "  keyline status\n"
              "  keyline status --json | jq .quick_modes\n",
              render_status);
    add_query(app, context, "sas", "List SAs: traffic, suite, engine and why, packets, lifetimes",
              "`engine` is what carries the SA's packets now, with its mode and the reason; it is never "
              "chosen silently.\n"
              "\n"
              "Examples:\n"
              "  keyline sas\n"
              "  keyline sas --json | jq -r '.[] | select(.errors > 0) | .spi'\n",
              render_sas);
    add_query(app, context, "mm", "List main mode SAs: peers, how they proved themselves, states",
              "Examples:\n"
              "  keyline mm\n"
              "  keyline mm --json | jq '.[] | select(.established | not) | {remote, state}'\n",
              render_main_modes);
    add_query(app, context, "policies", "List the rules in force, in the order in which they are tried",
              "Examples:\n"
              "  keyline policies\n",
              render_policies);
    add_query(app, context, "reload", "Read the configuration anew; a bad one changes nothing",
              "SAs that the new rules no longer allow are deleted, and their peers are told.\n"
              "\n"
              "Examples:\n"
              "  keylined --check && keyline reload\n",
              render_text);
}

void add_flows(CLI::App& app, Context& context) {
    const auto limit = std::make_shared<std::uint32_t>(1000);
    CLI::App* const command = add_command(app, context, "flows", "List what was decided for which traffic",
                                          "Examples:\n"
                                          "  keyline flows\n"
                                          "  keyline flows --limit 100000 --json | jq length\n");
    command->add_option("--limit", *limit, "Flows to list at most")->type_name("N")->capture_default_str();
    command->callback([&context, limit] {
        context.command = [&context, limit] {
            return ask(context, {{"command", "flows"}, {"limit", *limit}}, render_flows);
        };
    });
}

void add_counters(CLI::App& app, Context& context) {
    const auto all = std::make_shared<bool>(false);
    CLI::App* const command =
        add_command(app, context, "counters", "Count packets and messages by reason, with cause and remedy",
                    "Nothing is dropped uncounted. Reasons that never occurred are left out.\n"
                    "\n"
                    "Examples:\n"
                    "  keyline counters\n"
                    "  keyline counters --all\n"
                    "  keyline counters --json | jq '.[] | select(.name == \"replay\").count'\n");
    command->add_flag("--all", *all, "Also reasons that never occurred");
    command->callback([&context, all] {
        context.command = [&context, all] {
            return ask(context, {{"command", "counters"}}, *all ? render_all_counters : render_counters);
        };
    });
}

// A command with one argument, which goes into the request under `key`.
CLI::App* add_action(CLI::App& app, Context& context, const char* name, const char* description,
                     const char* argument, const char* argument_help, const char* key, const char* footer) {
    const auto value = std::make_shared<std::string>();
    CLI::App* const command = add_command(app, context, name, description, footer);
    command->add_option(argument, *value, argument_help)->required();
    command->callback([&context, name, key, value] {
        context.command = [&context, name, key, value] {
            return ask(context, {{"command", name}, {key, *value}}, render_text);
        };
    });
    return command;
}

void add_actions(CLI::App& app, Context& context) {
    add_action(app, context, "up", "Negotiate with a peer now, without waiting for traffic", "PEER",
               "The peer's address", "peer",
               "Ends when the SAs are there (exit code 0) or the negotiation has failed (5).\n"
               "\n"
               "Examples:\n"
               "  keyline up 192.0.2.7\n");
    add_action(app, context, "down", "Delete a peer's SAs, or one pair of them, and tell the peer",
               "PEER|SPI", "The peer's address, or an SPI as `keyline sas` shows it", "what",
               "Traffic that meets a protect rule afterwards negotiates anew.\n"
               "\n"
               "Examples:\n"
               "  keyline down 192.0.2.7\n"
               "  keyline down 0xc95e2f1a\n");
    add_action(app, context, "detach",
               "Take the programs off an interface: its traffic is no longer protected", "IF",
               "The interface", "interface",
               "Examples:\n"
               "  keyline detach eth1\n");
}

void add_attach(CLI::App& app, Context& context) {
    struct Arguments {
        std::string interface;
        std::string role = "unprotected";
    };
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = add_command(
        app, context, "attach", "Classify the traffic of one more interface, until it is detached",
        "An unprotected interface faces the network that carries ESP, a protected one the LAN of a gateway.\n"
        "\n"
        "Examples:\n"
        "  keyline attach eth1\n"
        "  keyline attach lan0 --role protected\n");
    command->add_option("IF", arguments->interface, "The interface")->required();
    command->add_option("--role", arguments->role, "unprotected or protected")
        ->type_name("ROLE")
        ->capture_default_str()
        ->check(CLI::IsMember({"unprotected", "protected"}).description(""));
    command->callback([&context, arguments] {
        context.command = [&context, arguments] {
            return ask(
                context,
                {{"command", "attach"}, {"interface", arguments->interface}, {"role", arguments->role}},
                render_text);
        };
    });
}

void add_stop(CLI::App& app, Context& context) {
    const auto keep_sas = std::make_shared<bool>(false);
    CLI::App* const command =
        add_command(app, context, "stop", "End the daemon; what policy protects stays protected or blocked",
                    "Without --keep-sas the SAs are deleted and the peers told, as by SIGTERM.\n"
                    "\n"
                    "Examples:\n"
                    "  keyline stop\n"
                    "  keyline stop --keep-sas    before an upgrade: traffic goes on, and the next keylined "
                    "adopts them\n");
    command->add_flag("--keep-sas", *keep_sas,
                      "Leave the SAs to the next keylined; traffic goes on under them");
    command->callback([&context, keep_sas] {
        context.command = [&context, keep_sas] {
            return ask(context, {{"command", "stop"}, {"keep_sas", *keep_sas}}, render_text);
        };
    });
}

void add_monitor(CLI::App& app, Context& context) {
    const auto ladder = std::make_shared<bool>(false);
    CLI::App* const command =
        add_command(app, context, "monitor", "Follow negotiations as they happen",
                    "Prints until it is interrupted, or keylined ends.\n"
                    "\n"
                    "Examples:\n"
                    "  keyline monitor\n"
                    "  keyline monitor --ladder\n"
                    "  keyline monitor --json | jq -c 'select(.event == \"negotiation-failed\")'\n");
    command->add_flag("--ladder", *ladder, "Draw messages, encrypted ones with their payloads too")
        ->excludes(command->get_option("--json"));
    command->callback([&context, ladder] {
        context.command = [&context, ladder]() -> ExitCode {
            auto client = ControlClient::connect(context.run_directory, context.instance);
            if (!client) return fail(context, client.error());
            const MonitorFormat format = context.json ? MonitorFormat::kJson
                                         : *ladder    ? MonitorFormat::kLadder
                                                      : MonitorFormat::kText;
            return fail(context, monitor(*client, format, context.out));
        };
    });
}

}  // namespace

void add_daemon_commands(CLI::App& app, Context& context) {
    add_queries(app, context);
    add_flows(app, context);
    add_counters(app, context);
    add_actions(app, context);
    add_attach(app, context);
    add_stop(app, context);
    add_monitor(app, context);
}

}  // namespace keyline::cli
