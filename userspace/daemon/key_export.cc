#include "daemon/key_export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace keyline::daemon {
namespace {

using std::filesystem::path;

std::unexpected<std::string> refuse(const path& what, std::string_view why) {
    return std::unexpected(fmt::format("key export: {}: {}", what.string(), why));
}

constexpr const char* kIkev1Keys = "ikev1_decryption_table";
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

bool is_ours_alone(const struct stat& status) {
    return status.st_uid == ::geteuid() && (status.st_mode & kOthers) == 0;
}

// Nobody but root and this user may rename what is in the directories that lead to `directory`.
std::expected<void, std::string> check_way_to(const path& directory) {
    std::error_code error;
    path parent = std::filesystem::canonical(directory.parent_path(), error);
    if (error) return refuse(directory.parent_path(), error.message());
    for (;; parent = parent.parent_path()) {
        struct stat status {};
        if (::stat(parent.c_str(), &status) != 0) return refuse(parent, std::strerror(errno));
        const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        const bool others_rename = others_write && (status.st_mode & S_ISVTX) == 0;
        if (others_rename || (status.st_uid != 0 && status.st_uid != ::geteuid()))
            return refuse(directory,
                          fmt::format("others may change {}; choose one in /run/keyline", parent.string()));
        if (parent == parent.root_path()) return {};
    }
}

std::expected<FileDescriptor, std::string> open_directory(const path& directory) {
    if (!directory.is_absolute() || directory.filename().empty())
        return refuse(directory, "is no absolute path of a directory, without a slash at its end");
    if (auto safe = check_way_to(directory); !safe) return std::unexpected(safe.error());
    if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return refuse(directory, std::strerror(errno));
    FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened)
        return refuse(directory, fmt::format("{}; a directory and no link is wanted", std::strerror(errno)));
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return refuse(directory, std::strerror(errno));
    if (!is_ours_alone(status)) {
        return refuse(directory,
                      fmt::format("others may enter it; `chown {0} {1} && chmod 700 {1}`, or choose a "
                                  "directory that is not there yet",
                                  ::geteuid(), directory.string()));
    }
    return opened;
}

std::expected<FileDescriptor, std::string> open_file(const FileDescriptor& directory, const path& name) {
    FileDescriptor file(::openat(directory.get(), name.filename().c_str(),
                                 O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                                 S_IRUSR | S_IWUSR));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return refuse(name, std::strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || !is_ours_alone(status))
        return refuse(name, "is no file of this user alone; remove it");
    return file;
}

// Key octets as text, wiped with its owner.
class Line {
  public:
    Line() { text_.reserve(1024); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line() { ::explicit_bzero(text_.data(), text_.size()); }

    Line& add(std::string_view text) {
        text_ += text;
        return *this;
    }
    Line& add_hex(ByteView octets) {
        constexpr char kDigits[] = "0123456789abcdef";
        for (const std::uint8_t octet : octets) {
            text_ += kDigits[octet >> 4];
            text_ += kDigits[octet & 0xf];
        }
        return *this;
    }
    std::expected<void, std::string> write(const FileDescriptor& file, const path& name) const {
        // One write, so that no reader sees half a line.
        const ssize_t written = ::write(file.get(), text_.data(), text_.size());
        if (std::cmp_equal(written, text_.size())) return {};
        return refuse(name, written < 0 ? std::strerror(errno) : "the file system is full");
    }

  private:
    std::string text_;
};

// The names of Wireshark's ESP preferences (packet-ipsec.c). Empty: it has none.
std::string_view wireshark_name(policy::Encryption encryption) {
    switch (encryption) {
        case policy::Encryption::kNull:
            return "NULL";
        case policy::Encryption::kDesCbc:
            return "DES-CBC [RFC2405]";
        case policy::Encryption::k3desCbc:
            return "TripleDES-CBC [RFC2451]";
        case policy::Encryption::kAesCbc:
            return "AES-CBC [RFC3602]";
        case policy::Encryption::kAesGcm16:
            return "AES-GCM with 16 octet ICV [RFC4106]";
        case policy::Encryption::kAesGmac:
            break;
    }
    return "";
}

// With ESN the ICV covers octets that are not in the packet: Wireshark is only told how long it is.
std::string_view wireshark_name(policy::Integrity integrity, bool esn) {
    switch (integrity) {
        case policy::Integrity::kNone:
            break;
        case policy::Integrity::kHmacMd5_96:
            return esn ? "ANY 96 bit authentication [no checking]" : "HMAC-MD5-96 [RFC2403]";
        case policy::Integrity::kHmacSha1_96:
            return esn ? "ANY 96 bit authentication [no checking]" : "HMAC-SHA-1-96 [RFC2404]";
        case policy::Integrity::kHmacSha256_128:
            return esn ? "ANY 128 bit authentication [no checking]" : "HMAC-SHA-256-128 [RFC4868]";
        case policy::Integrity::kHmacSha384_192:
            return esn ? "ANY 192 bit authentication [no checking]" : "HMAC-SHA-384-192 [RFC4868]";
        case policy::Integrity::kHmacSha512_256:
            return esn ? "ANY 256 bit authentication [no checking]" : "HMAC-SHA-512-256 [RFC4868]";
    }
    return "NULL";
}

}  // namespace

KeyExport::KeyExport(path directory, FileDescriptor esp_sa, FileDescriptor authip_keys,
                     FileDescriptor ikev1_keys)
    : directory_(std::move(directory)),
      esp_sa_(std::move(esp_sa)),
      authip_keys_(std::move(authip_keys)),
      ikev1_keys_(std::move(ikev1_keys)) {}

std::expected<KeyExport, std::string> KeyExport::open(const path& directory) {
    const auto opened = open_directory(directory);
    if (!opened) return std::unexpected(opened.error());
    auto esp_sa = open_file(*opened, directory / "esp_sa");
    if (!esp_sa) return std::unexpected(esp_sa.error());
    auto authip_keys = open_file(*opened, directory / "authip_keys");
    if (!authip_keys) return std::unexpected(authip_keys.error());
    auto ikev1_keys = open_file(*opened, directory / kIkev1Keys);
    if (!ikev1_keys) return std::unexpected(ikev1_keys.error());
    return KeyExport(directory, std::move(*esp_sa), std::move(*authip_keys), std::move(*ikev1_keys));
}

std::expected<void, std::string> KeyExport::add(const policy::SadEntry& entry) {
    const bool inbound = entry.direction == policy::Direction::kInbound;
    const IpAddress& source = inbound ? entry.remote : entry.local;
    const IpAddress& destination = inbound ? entry.local : entry.remote;
    const std::string_view cipher = wireshark_name(entry.suite.encryption);
    Line line;
    if (cipher.empty()) {
        line.add(fmt::format("# {:#010x}: Wireshark does not know {}\n", entry.spi, entry.suite.to_string()));
    } else {
        line.add(fmt::format(R"("{}","{}","{}","{:#010x}","{}","0x)", source.is_v4() ? "IPv4" : "IPv6",
                             source.to_string(), destination.to_string(), entry.spi, cipher))
            .add_hex(entry.encryption_key.view())
            .add(fmt::format(R"(","{}","0x)", wireshark_name(entry.suite.integrity, entry.esn)))
            .add_hex(entry.integrity_key.view())
            .add("\"\n");
    }
    return line.write(esp_sa_, directory_ / "esp_sa");
}

std::expected<void, std::string> KeyExport::add(const exchange::ExportMmKeys& keys) {
    Line line;
    if (keys.protocol == policy::Protocol::kIkev1) {
        line.add_hex(keys.initiator_cookie).add(",").add_hex(keys.encryption_key.view()).add("\n");
        return line.write(ikev1_keys_, directory_ / kIkev1Keys);
    }
    line.add_hex(keys.initiator_cookie)
        .add(",")
        .add_hex(keys.responder_cookie)
        .add("," + keys.proposal.to_string() + ",")
        .add_hex(keys.encryption_key.view())
        .add(",")
        .add_hex(keys.integrity_key.view())
        .add(fmt::format(",{}\n", keys.icv_octets));
    return line.write(authip_keys_, directory_ / "authip_keys");
}

}  // namespace keyline::daemon
