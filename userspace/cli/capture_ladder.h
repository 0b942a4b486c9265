// Draws the conversations of a capture. Names of encrypted payloads are not to be had there: `keyline monitor
// --ladder` has them.
#pragma once

#include <map>
#include <ostream>

#include "base/bytes.h"
#include "cli/capture.h"
#include "cli/ladder.h"
#include "wire/message.h"

namespace keyline::cli {

class CaptureLadder {
  public:
    explicit CaptureLadder(std::ostream& out) : ladder_(out) {}
    void draw(const CapturedDatagram& datagram);

  private:
    struct Conversation {
        Endpoint initiator;
        Endpoint responder;
        std::map<Bytes, std::uint32_t> numbers;  // of the messages seen, by their octets
        std::uint32_t last_number = 0;
    };

    Ladder ladder_;
    std::map<wire::Cookie, Conversation> conversations_;  // by initiator cookie
};

}  // namespace keyline::cli
