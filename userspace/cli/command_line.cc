#include "cli/command_line.h"

#include "cli/completion.h"
#include "cli/daemon_commands.h"
#include "cli/decode.h"
#include "cli/probe_command.h"
#include "cli/trace.h"

namespace keyline::cli {
namespace {

constexpr const char* kFooter =
    "Start here:\n"
    "  keyline status                        is the daemon well, and where is it attached?\n"
    "  keyline sas                           what is protected now, how, and by which engine?\n"
    "  keyline probe 192.0.2.7               would a negotiation with this peer succeed? If not, why?\n"
    "  keyline counters                      what was dropped, why, and what to do about it\n"
    "  keyline COMMAND --help                options and examples of a command\n"
    "\n"
    "Exit codes: 0 success; 1 failure; 2 wrong command line; 3 keylined not reachable; 4 no such peer, SPI "
    "or\n"
    "interface; 5 a negotiation was refused, or nobody answered. See keyline(8).\n";

void add_decode(CLI::App& app, Context& context) {
    const auto file = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("decode", "Print what is in an IKE datagram or a capture");
    command->add_option("FILE", *file, "A datagram, or a pcap or pcapng capture; - for standard input")
        ->required();
    command->add_flag("--json", context.json, "Print JSON");
    command->footer(
        "Every IKE message on UDP 500 and 4500 is printed as a tree of payloads; malformed ones as far as "
        "they go.\n"
        "`keyline trace FILE` draws them as a ladder.\n"
        "\n"
        "Examples:\n"
        "  tcpdump -w ike.pcap udp port 500 or udp port 4500\n"
        "  keyline decode ike.pcap\n"
        "  keyline decode --json ike.pcap | jq '.[].message.name'\n");
    command->callback([file, &context] {
        context.command = [file, &context] { return decode(*file, context.json, context.out, context.err); };
    });
}

void add_trace(CLI::App& app, Context& context) {
    const auto options = std::make_shared<TraceOptions>();
    CLI::App* const command =
        app.add_subcommand("trace", "Draw the negotiations of a capture or an interface");
    CLI::Option* const file =
        command->add_option("FILE", options->file, "A pcap or pcapng capture; - for standard input");
    command->add_option("--interface", options->interface, "Watch this interface until Ctrl-C")
        ->type_name("IF")
        ->excludes(file);
    command
        ->add_option("--keys", options->keys, "The file authip_keys of a key export, to open messages with")
        ->type_name("FILE");
    command->add_flag("--json", context.json, "Print JSON, an object a line");
    command->footer(
        "Encrypted messages (HDR*) have the names of their payloads when their keys are there: see\n"
        "debug.key_export in keyline.toml, and keyline probe --export-keys.\n"
        "\n"
        "Examples:\n"
        "  keyline trace ike.pcap\n"
        "  keyline trace ike.pcap --keys /run/keyline/keys/authip_keys\n"
        "  keyline trace --interface eth0\n"
        "  keyline trace --json ike.pcap | jq -r .payloads\n");
    command->callback([options, &context] {
        context.command = [options, &context] {
            if (options->file.empty() == options->interface.empty()) {
                context.err << "keyline trace: name a capture or an --interface\n";
                return kUsage;
            }
            options->json = context.json;
            return trace(*options, context.out, context.err);
        };
    });
}

void add_completion(CLI::App& app, Context& context) {
    const auto shell = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("completion", "Print a shell's completion script");
    command->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer(
        "Examples:\n"
        "  source <(keyline completion bash)\n"
        "  keyline completion fish > ~/.config/fish/completions/keyline.fish\n");
    command->callback([shell, &app, &context] {
        context.command = [shell, &app, &context] {
            context.out << completion_script(*shell, app);
            return kSuccess;
        };
    });
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Context& context) {
    auto app = std::make_unique<CLI::App>(
        "Shows and steers keylined, and examines AuthIP peers and captures.", "keyline");
    app->set_version_flag("--version", "keyline " KEYLINE_VERSION);
    app->require_subcommand(1);
    app->footer(kFooter);
    add_daemon_commands(*app, context);
    add_probe(*app, context);
    add_decode(*app, context);
    add_trace(*app, context);
    add_completion(*app, context);
    return app;
}

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    Context context{out, err};
    const auto app = make_app(context);
    try {
        app->parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked_for_help = error.get_exit_code() == 0;
        // CLI11 finds the command missing before it looks at the word that stands in its place.
        if (const auto words = app->remaining(); app->get_subcommands().empty() && !words.empty()) {
            err << "keyline: no command is called \"" << words.front() << "\"; keyline --help lists them\n";
            return kUsage;
        }
        app->exit(error, out, err);
        return asked_for_help ? kSuccess : kUsage;
    }
    return context.command();
}

}  // namespace keyline::cli
