#include "auth/pre_shared_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace keyline::auth {
namespace {

constexpr std::size_t kMaxFileOctets = 1 << 20;

std::unexpected<std::string> failure(const std::string& file, const std::string& what) {
    return std::unexpected("auth.psk.file " + file + ": " + what);
}

// The whole file, in octets that are wiped.
std::expected<Secret, std::string> read_private(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return failure(file, std::generic_category().message(errno));
    const auto close_it = [&](auto result) {
        close(descriptor);
        return result;
    };
    struct stat status {};
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        return close_it(failure(file, "is no regular file"));
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return close_it(failure(file, "others than its owner may use it; chmod 600 it"));
    }
    if (static_cast<std::size_t>(status.st_size) > kMaxFileOctets) {
        return close_it(failure(file, "is longer than 1 MiB"));
    }
    Secret text(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = read(descriptor, text.writable().data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return close_it(failure(file, "cannot be read to its end"));
        done += static_cast<std::size_t>(count);
    }
    close(descriptor);
    return text;
}

bool is_blank(char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// Empty when it is no key.
Secret parse_key(std::string_view text) {
    if (!text.starts_with("0x")) return Secret::copy_of(as_bytes(text));
    const std::string_view digits = text.substr(2);
    if (digits.size() % 2 != 0) return {};
    Secret key(digits.size() / 2);
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto octet = from_hex(digits.substr(2 * i, 2));
        if (!octet) return {};
        key.writable()[i] = octet->front();
    }
    return key;
}

}  // namespace

std::expected<std::shared_ptr<PreSharedKeyMethod>, std::string> PreSharedKeyMethod::load(
    const std::string& file) {
    const auto text = read_private(file);
    if (!text) return std::unexpected(text.error());
    const ByteView octets = text->view();
    auto method = parse({reinterpret_cast<const char*>(octets.data()), octets.size()});
    if (!method) return failure(file, method.error());
    return method;
}

std::expected<std::shared_ptr<PreSharedKeyMethod>, std::string> PreSharedKeyMethod::parse(
    std::string_view text) {
    auto method = std::make_shared<PreSharedKeyMethod>();
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        const std::string where = "line " + std::to_string(number) + ": ";
        const auto blank = std::ranges::find_if(line, is_blank);
        const auto peer = Prefix::parse({line.begin(), blank});
        if (!peer) return std::unexpected(where + "expected an address or a prefix first, then the key");
        Secret key = parse_key(trimmed({blank, line.end()}));
        if (key.empty()) {
            return std::unexpected(where + "no key, or one that is not hexadecimal after 0x");
        }
        method->entries_.push_back({*peer, std::move(key)});
    }
    if (method->entries_.empty()) return std::unexpected("has no key; add lines such as \"192.0.2.1 KEY\"");
    return method;
}

const Secret* PreSharedKeyMethod::key(const IpAddress& peer) const {
    const auto found =
        std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.peer.contains(peer); });
    return found == entries_.end() ? nullptr : &found->key;
}

}  // namespace keyline::auth
