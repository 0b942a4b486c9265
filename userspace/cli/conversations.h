// Follows the conversations of a capture: whose a message is, and its number, as a ladder shows them.
// Remembers a bounded number of conversations and messages; the oldest are forgotten, and then followed as
// new ones.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "cli/capture.h"
#include "cli/key_file.h"
#include "cli/ladder.h"
#include "wire/message.h"

namespace keyline::cli {

class Conversations {
  public:
    // `keys`, when given, outlives this: encrypted messages that it opens have the names of their payloads.
    explicit Conversations(const KeyFile* keys = nullptr) : keys_(keys) {}

    // The next message, in the order of the capture; nullopt when it has no ISAKMP header.
    std::optional<LadderMessage> follow(const CapturedDatagram& datagram);

  private:
    struct Conversation {
        Endpoint initiator;
        Endpoint responder;
        std::map<Bytes, std::uint32_t> numbers;  // of the messages seen, by their octets
        std::uint32_t last_number = 0;
    };

    Conversation& conversation_of(const wire::Header& header, const CapturedDatagram& datagram);
    std::string payload_names(ByteView datagram, bool from_initiator) const;

    const KeyFile* keys_;
    std::map<wire::Cookie, Conversation> conversations_;  // by initiator cookie
    std::deque<wire::Cookie> oldest_first_;
};

}  // namespace keyline::cli
