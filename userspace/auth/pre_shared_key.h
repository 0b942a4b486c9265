// Pre-shared keys of IKEv1 (RFC 2409 5.4), one per peer, from a file of their own.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/ikev1_method.h"
#include "base/ip_address.h"

namespace keyline::auth {

class PreSharedKeyMethod final : public Ikev1Method {
  public:
    // Lines of an address or prefix, blanks, and the key: the rest of the line, or octets in hexadecimal
    // after "0x". '#' begins a comment line. The first line with the peer's address counts. The file is its
    // owner's alone (mode 0600 or less). The error is one line and holds no key.
    static std::expected<std::shared_ptr<PreSharedKeyMethod>, std::string> load(const std::string& file);
    // The same from the text of such a file.
    static std::expected<std::shared_ptr<PreSharedKeyMethod>, std::string> parse(std::string_view text);

    // nullptr when there is none for the address.
    const Secret* key(const IpAddress& peer) const;

    MethodId id() const override { return MethodId::kPreSharedKey; }
    std::string local_name() const override { return "psk"; }

  private:
    struct Entry {
        Prefix peer;
        Secret key;
    };
    std::vector<Entry> entries_;
};

}  // namespace keyline::auth
