// Has flows under kernel SAs noted as secure (MS-IKEE 3.7.1), which rules with negotiation discovery ask for:
// the programs of bpf/secure_watch.bpf.c at the stack's own XFRM functions. They stay, as all programs do,
// until the instance is purged.
#pragma once

#include <expected>
#include <string>

#include "datapath/pins.h"

namespace keyline::datapath {

class SecureWatch {
  public:
    explicit SecureWatch(const Pins& pins) : pins_(pins) {}

    // Loads and attaches the programs unless this object has done so. The error says what the kernel lacks
    // and the remedy.
    std::expected<void, std::string> begin();
    // Puts this version's programs in the place of a predecessor's, if it left any.
    void renew();

  private:
    Pins pins_;
    bool watches_ = false;
};

}  // namespace keyline::datapath
