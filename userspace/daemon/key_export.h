// Keys for Wireshark, where debug.key_export or `keyline probe --export-keys` asks for them: whoever reads
// the files reads the traffic. They are the tables of a Wireshark profile and one for
// tools/wireshark/authip.lua, so that WIRESHARK_CONFIG_DIR may name the directory itself.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "daemon/file_descriptor.h"
#include "exchange/action.h"
#include "policy/sad_entry.h"

namespace keyline::daemon {

class KeyExport {
  public:
    // Makes the directory, or takes one that is there, and appends to what it holds. The directory and files
    // are this user's alone, and nobody else may put others in their place; where that is not so the error,
    // one line, says what to change.
    static std::expected<KeyExport, std::string> open(const std::filesystem::path& directory);

    // A line of `esp_sa`. Of an AES-GMAC SA, which Wireshark cannot be told of, a comment.
    std::expected<void, std::string> add(const policy::SadEntry& entry);
    // A line of `authip_keys`: both cookies, cipher and hash, the message key, SKEYID_a, octets of the ICV.
    // Of an IKEv1 SA one of `ikev1_decryption_table`: the initiator's cookie and the message key.
    std::expected<void, std::string> add(const exchange::ExportMmKeys& keys);

  private:
    KeyExport(std::filesystem::path directory, FileDescriptor esp_sa, FileDescriptor authip_keys,
              FileDescriptor ikev1_keys);

    std::filesystem::path directory_;
    FileDescriptor esp_sa_;
    FileDescriptor authip_keys_;
    FileDescriptor ikev1_keys_;
};

}  // namespace keyline::daemon
