#include "policy/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "policy/config/loading.h"
#include "policy/config/messages.h"
#include "policy/config/table.h"
#include "policy/rule_ids.h"

namespace keyline::policy {

namespace {

using config::Field;
using config::Loading;

// In the order in which they depend on one another.
constexpr Field<Loading> kTables[] = {
    {"host", config::read_host},           {"datapath", config::read_datapath},
    {"keying", config::read_keying},       {"auth", config::read_auth},
    {"main_mode", config::read_main_mode}, {"quick_mode", config::read_quick_mode},
    {"peer", config::read_peers},          {"rule", config::read_rules},
    {"debug", config::read_debug},
};

std::unexpected<std::vector<ConfigError>> failure(std::string_view file, std::string text) {
    ConfigError error;
    error.file = file;
    error.text = std::move(text);
    return std::unexpected(std::vector{std::move(error)});
}

// A file descriptor that closes itself.
class File {
  public:
    explicit File(const char* path) : descriptor_(open(path, O_RDONLY | O_CLOEXEC)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }

    bool is_open() const { return descriptor_ >= 0; }
    std::optional<struct stat> status() const {
        struct stat status {};
        return fstat(descriptor_, &status) == 0 ? std::optional(status) : std::nullopt;
    }
    // All octets, but one more than kMaxConfigOctets at most; nullopt with errno set on failure.
    std::optional<std::string> contents() const {
        std::string text;
        char piece[1 << 16];
        while (text.size() <= kMaxConfigOctets) {
            const ssize_t count = read(descriptor_, piece, sizeof piece);
            if (count == 0) return text;
            if (count < 0 && errno != EINTR) return std::nullopt;
            if (count > 0) text.append(piece, static_cast<std::size_t>(count));
        }
        return text;
    }

  private:
    int descriptor_;
};

std::string describe_failure_to_read(int error) {
    std::string text = "cannot read: " + std::generic_category().message(error);
    if (error == ENOENT)
        text += "; create it (docs/keyline.toml.md has examples) or name another with --config";
    if (error == EACCES) text += "; run as root, or grant this user read permission";
    if (error == EISDIR) text += "; name the file in it";
    return text;
}

}  // namespace

std::string ConfigMessage::to_string() const {
    std::string line_of_text = file;
    if (line != 0) line_of_text += ':' + std::to_string(line) + ':' + std::to_string(column);
    line_of_text += ": ";
    if (!key.empty()) line_of_text += key + ": ";
    return line_of_text + text;
}

LoadOutcome load_text(std::string_view text, std::string_view name, const Policy* running) {
    if (text.size() > kMaxConfigOctets)
        return failure(name, "is larger than 64 MiB, more than any policy needs");
    const auto root = config::parse_toml(text);
    config::Messages messages(name);
    if (!root) {
        messages.error(root.error().position, "", root.error().text);
        return std::unexpected(messages.take_errors());
    }
    Loading loading;
    config::read_table(config::Value(*root, "", messages), kTables, loading);
    config::check_whole(loading, messages);
    if (messages.has_errors()) return std::unexpected(messages.take_errors());
    assign_rule_ids(loading.policy.rules, running);
    return LoadResult{std::move(loading.policy), messages.take_warnings()};
}

LoadOutcome load_file(const std::filesystem::path& path, const Policy* running) {
    const std::string name = path.string();
    const File file(name.c_str());
    if (!file.is_open()) return failure(name, describe_failure_to_read(errno));
    const auto status = file.status();
    const auto text = file.contents();
    if (!status || !text) return failure(name, describe_failure_to_read(errno));
    auto outcome = load_text(*text, name, running);
    if (outcome && (status->st_mode & S_IWOTH) != 0 && S_ISREG(status->st_mode)) {
        ConfigWarning warning;
        warning.file = name;
        warning.text = "anyone may write this file; take that permission away with `chmod o-w`";
        outcome->warnings.push_back(std::move(warning));
    }
    return outcome;
}

std::vector<std::string> known_keys() {
    std::vector<std::string> keys;
    config::list_host_keys(keys);
    config::list_keying_keys(keys);
    config::list_auth_keys(keys);
    config::list_main_mode_keys(keys);
    config::list_quick_mode_keys(keys);
    config::list_peer_keys(keys);
    config::list_rule_keys(keys);
    return keys;
}

}  // namespace keyline::policy
