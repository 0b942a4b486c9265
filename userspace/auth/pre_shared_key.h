// Pre-shared keys of IKEv1 (RFC 2409 5.4), one per peer, from a file of their own.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/method.h"
#include "base/ip_address.h"

namespace keyline::auth {

class PreSharedKeyMethod final : public Method {
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
    bool needs_dh() const override { return true; }
    // IKEv1 derives its keys from `key`; AuthIP has no such method, and a context fails.
    std::shared_ptr<Context> initiate(const PeerNames& peer) override;
    std::shared_ptr<Context> accept(const PeerNames& peer) override;

  private:
    struct Entry {
        Prefix peer;
        Secret key;
    };
    std::vector<Entry> entries_;
};

}  // namespace keyline::auth
