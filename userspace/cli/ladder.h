// Messages between two hosts as the figures of MS-AIPS 4 draw them: a column for each host, an arrow for each
// message.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "base/ip_address.h"

namespace keyline::cli {

struct LadderMessage {
    Endpoint initiator;  // of the main mode: the left column
    Endpoint responder;
    bool from_initiator = true;
    std::uint32_t number = 0;  // "#1"; 0: a notify exchange, which the figures do not number
    bool encrypted = false;
    bool repeated = false;
    std::string payloads;  // "SA, Auth, Ni"
};

// Draws while the messages come. The heads of the columns are drawn again when another pair of hosts speaks.
class Ladder {
  public:
    explicit Ladder(std::ostream& out) : out_(out) {}
    void draw(const LadderMessage& message);

  private:
    void draw_heads(const LadderMessage& message);

    std::ostream& out_;
    IpAddress left_;
    IpAddress right_;
    bool headed_ = false;
};

}  // namespace keyline::cli
