#include "cli/key_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "crypto/cipher.h"
#include "exchange/mm_transform.h"
#include "wire/parse.h"

namespace keyline::cli {
namespace {

constexpr std::size_t kFields = 6;

std::optional<std::array<std::string_view, kFields>> split(std::string_view line) {
    std::array<std::string_view, kFields> fields;
    for (std::size_t i = 0; i < kFields; ++i) {
        const std::size_t comma = line.find(',');
        if ((comma == std::string_view::npos) != (i + 1 == kFields)) return std::nullopt;
        fields[i] = line.substr(0, comma);
        line.remove_prefix(std::min(line.size(), fields[i].size() + 1));
    }
    return fields;
}

std::optional<wire::Cookie> read_cookie(std::string_view digits) {
    const auto octets = from_hex(digits);
    wire::Cookie cookie;
    if (!octets || octets->size() != cookie.size()) return std::nullopt;
    std::ranges::copy(*octets, cookie.begin());
    return cookie;
}

std::optional<Secret> read_key(std::string_view digits) {
    auto octets = from_hex(digits);
    if (!octets || octets->empty()) return std::nullopt;
    Secret key = Secret::copy_of(*octets);
    ::explicit_bzero(octets->data(), octets->size());
    return key;
}

}  // namespace

// CKY-I,CKY-R,cipher/hash,message key,SKEYID_a,octets of the ICV
bool KeyFile::add(std::string_view line) {
    const auto fields = split(line);
    if (!fields) return false;
    const auto& [initiator_text, responder_text, proposal_text, encryption_text, integrity_text, icv_text] =
        *fields;
    const auto initiator = read_cookie(initiator_text);
    const auto responder = read_cookie(responder_text);
    const auto proposal = policy::MmProposal::parse(proposal_text);
    auto encryption = read_key(encryption_text);
    auto integrity = read_key(integrity_text);
    std::size_t icv_octets = 0;
    const auto [end, error] = std::from_chars(icv_text.begin(), icv_text.end(), icv_octets);
    if (!initiator || !responder || !proposal || !encryption || !integrity || error != std::errc{} ||
        end != icv_text.end()) {
        return false;
    }
    Key key{{.hash = exchange::hash_of(proposal->hash),
             .cipher = exchange::cipher_of(proposal->encryption),
             .icv_octets = icv_octets},
            std::move(*encryption),
            std::move(*integrity)};
    if (key.encryption.size() != crypto::key_size(key.protection.cipher) ||
        icv_octets > crypto::digest_size(key.protection.hash)) {
        return false;
    }
    keys_.emplace(Cookies{*initiator, *responder}, std::move(key));
    return true;
}

std::expected<KeyFile, std::string> KeyFile::read(const std::string& path) {
    std::ifstream file(path);
    if (!file) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
    KeyFile keys;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line); ::explicit_bzero(line.data(), line.size())) {
        ++number;
        if (!keys.add(line)) {
            return std::unexpected(
                fmt::format("{}:{}: no line of a key export; name its file authip_keys", path, number));
        }
    }
    return keys;
}

std::optional<std::vector<wire::Payload>> KeyFile::open(ByteView datagram) const {
    const auto header = wire::parse_header(datagram);
    if (!header || header->dialect() != wire::Dialect::kAuthip) return std::nullopt;
    const auto frame = wire::parse_crypto_frame(datagram, *header);
    if (!frame) return std::nullopt;
    const auto [first, last] = keys_.equal_range({header->initiator_cookie, header->responder_cookie});
    for (auto key = first; key != last; ++key) {
        authip::MessageProtection protection = key->second.protection;
        protection.encryption_key = key->second.encryption.view();
        protection.integrity_key = key->second.integrity.view();
        const auto opened = authip::open(datagram, *frame, protection);
        if (!opened) continue;
        auto payloads = wire::parse_payloads(opened->octets, opened->first, wire::Dialect::kAuthip, 0);
        if (!payloads) return std::nullopt;
        return std::move(*payloads);
    }
    return std::nullopt;
}

}  // namespace keyline::cli
