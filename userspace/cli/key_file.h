// The file `authip_keys` of a key export (daemon/key_export.h), read to open a capture's encrypted messages.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "authip/crypto_payload.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "wire/message.h"

namespace keyline::cli {

class KeyFile {
  public:
    // The error is one line: the file cannot be read, or a line of it is none that a key export writes.
    static std::expected<KeyFile, std::string> read(const std::string& path);

    // The payloads of an encrypted AuthIP message; nullopt without its key, or when it is not authentic.
    std::optional<std::vector<wire::Payload>> open(ByteView datagram) const;

  private:
    struct Key {
        authip::MessageProtection protection;  // without the keys
        Secret encryption;
        Secret integrity;
    };
    using Cookies = std::pair<wire::Cookie, wire::Cookie>;

    bool add(std::string_view line);

    // More than one where authentication was begun anew.
    std::multimap<Cookies, Key> keys_;
};

}  // namespace keyline::cli
