#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace keyline::cli {
namespace {

struct Option {
    std::string name;  // "--json"
    std::string description;
    bool takes_value = false;
};

struct Command {
    std::string name;
    std::string description;
    std::vector<Option> options;
    // What its argument is: "file", "interface", "shell", or "" for what only the user knows.
    std::string_view argument;
};

std::string_view argument_kind(const CLI::App& command) {
    if (command.get_option_no_throw("FILE") != nullptr) return "file";
    if (command.get_option_no_throw("IF") != nullptr) return "interface";
    if (command.get_option_no_throw("SHELL") != nullptr) return "shell";
    return "";
}

std::vector<Command> commands_of(const CLI::App& app) {
    std::vector<Command> commands;
    for (const CLI::App* const sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        Command command{sub->get_name(), sub->get_description(), {}, argument_kind(*sub)};
        for (const CLI::Option* const option : sub->get_options()) {
            if (option->get_lnames().empty()) continue;
            command.options.push_back({"--" + option->get_lnames().front(), option->get_description(),
                                       option->get_items_expected_max() > 0});
        }
        commands.push_back(std::move(command));
    }
    return commands;
}

std::string names_of(const auto& things) {
    std::vector<std::string> names;
    for (const auto& thing : things)
        names.push_back(thing.name);
    return fmt::format("{}", fmt::join(names, " "));
}

// Between single quotes, which all three shells read alike but for a quote itself.
std::string quoted(std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4)
        text.replace(at, 1, "'\\''");
    return "'" + text + "'";
}

std::string bash_argument(std::string_view kind) {
    if (kind == "file") return R"sh(COMPREPLY+=($(compgen -f -- "$word")))sh";
    if (kind == "interface") return R"sh(COMPREPLY+=($(compgen -W "$(ls /sys/class/net)" -- "$word")))sh";
    if (kind == "shell") return R"sh(COMPREPLY+=($(compgen -W "bash zsh fish" -- "$word")))sh";
    return ":";
}

std::string bash_script(const std::vector<Command>& commands) {
    std::string cases;
    for (const Command& command : commands) {
        cases += fmt::format(
            "        {})\n            COMPREPLY=($(compgen -W {} -- \"$word\"))\n            {}\n            "
            ";;\n",
            command.name, quoted(names_of(command.options)), bash_argument(command.argument));
    }
    return fmt::format(R"sh(# bash completion for keyline; `keyline completion bash` prints it.
_keyline() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}"
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W {} -- "$word"))
        return
    fi
    case "${{COMP_WORDS[1]}}" in
{}    esac
}}
complete -F _keyline keyline
)sh",
                       quoted(names_of(commands) + " --help --version"), cases);
}

std::string zsh_argument(std::string_view kind) {
    if (kind == "file") return " '1:file:_files'";
    if (kind == "interface") return " '1:interface:_net_interfaces'";
    if (kind == "shell") return " '1:shell:(bash zsh fish)'";
    return "";
}

// A description within _arguments or _describe: brackets and colons have a meaning there.
std::string zsh_text(std::string text) {
    std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
    for (std::size_t at = 0; (at = text.find(':', at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\\:");
    return text;
}

std::string zsh_script(const std::vector<Command>& commands) {
    std::string descriptions;
    std::string cases;
    for (const Command& command : commands) {
        descriptions +=
            fmt::format("        {}\n", quoted(command.name + ":" + zsh_text(command.description)));
        cases += fmt::format("        {})\n            _arguments", command.name);
        for (const Option& option : command.options) {
            cases +=
                fmt::format(" {}", quoted(fmt::format("{}[{}]{}", option.name, zsh_text(option.description),
                                                      option.takes_value ? ":value:" : "")));
        }
        cases += zsh_argument(command.argument) + "\n            ;;\n";
    }
    return fmt::format(R"sh(#compdef keyline
# zsh completion for keyline; `keyline completion zsh` prints it.
_keyline() {{
    local -a commands=(
{}    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command="${{words[2]}}"
    shift words
    (( CURRENT-- ))
    case "$command" in
{}    esac
}}
if [[ "${{funcstack[1]}}" == "_keyline" ]]; then
    _keyline "$@"
else
    compdef _keyline keyline
fi
)sh",
                       descriptions, cases);
}

std::string fish_script(const std::vector<Command>& commands) {
    std::string script = "# fish completion for keyline; `keyline completion fish` prints it.\n";
    for (const Command& command : commands) {
        script +=
            fmt::format("complete -c keyline -n __fish_use_subcommand {} -a {} -d {}\n",
                        command.argument == "file" ? "" : "-f", command.name, quoted(command.description));
        const std::string when = quoted("__fish_seen_subcommand_from " + command.name);
        for (const Option& option : command.options) {
            script += fmt::format("complete -c keyline -n {} -l {}{} -d {}\n", when, option.name.substr(2),
                                  option.takes_value ? " -r" : "", quoted(option.description));
        }
        if (command.argument == "interface")
            script += fmt::format("complete -c keyline -n {} -f -a '(ls /sys/class/net)'\n", when);
        if (command.argument == "shell")
            script += fmt::format("complete -c keyline -n {} -f -a 'bash zsh fish'\n", when);
    }
    return script;
}

}  // namespace

std::string completion_script(const std::string& shell, const CLI::App& app) {
    const std::vector<Command> commands = commands_of(app);
    if (shell == "bash") return bash_script(commands);
    if (shell == "zsh") return zsh_script(commands);
    return fish_script(commands);
}

}  // namespace keyline::cli
