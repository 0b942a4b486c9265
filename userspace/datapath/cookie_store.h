// Writes what XDP makes and checks DoS cookies with (shared/dos_cookie.h).
#pragma once

#include <expected>
#include <string>

#include "base/secret.h"
#include "bpfmap/bpf_map.h"
#include "datapath/pins.h"
#include "shared/dos_cookie.h"

namespace keyline::datapath {

class CookieStore {
  public:
    // Off: a predecessor's secrets have gone with it.
    static std::expected<CookieStore, std::string> open(const Pins& pins);

    // While on, `previous` is what `current` was in the call before.
    void set(bool active, const Secret& current, const Secret& previous);

  private:
    bpfmap::MappedArray<kl_dos_cookies> cookies_;
};

}  // namespace keyline::datapath
