#include "cli/conversations.h"

#include <fmt/format.h>

#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::cli {
namespace {

constexpr std::size_t kMaxConversations = 4096;
constexpr std::size_t kMaxMessages = 1024;  // of one conversation

bool is_numbered(wire::ExchangeType type) {
    return type != wire::ExchangeType::kAuthipNotify && type != wire::ExchangeType::kInformational;
}

}  // namespace

std::string Conversations::payload_names(ByteView datagram, bool from_initiator) const {
    auto message = wire::parse_message(datagram);
    if (!message) return fmt::format("malformed: {}", message.error().to_string());
    if (message->header.encrypted()) {
        auto opened = keys_ != nullptr ? keys_->open(datagram) : std::nullopt;
        if (!opened) return fmt::format("{} octets sealed", message->sealed.size());
        message->payloads = std::move(*opened);
    }
    return wire::summarize(message->header.exchange_type,
                           from_initiator ? wire::Sender::kInitiator : wire::Sender::kResponder,
                           message->payloads);
}

Conversations::Conversation& Conversations::conversation_of(const wire::Header& header,
                                                            const CapturedDatagram& datagram) {
    const auto [found, is_new] = conversations_.try_emplace(
        header.initiator_cookie, Conversation{datagram.source, datagram.destination, {}, 0});
    if (is_new) oldest_first_.push_back(header.initiator_cookie);
    if (oldest_first_.size() > kMaxConversations) {
        conversations_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
    if (found->second.numbers.size() >= kMaxMessages) found->second.numbers.clear();
    return found->second;
}

std::optional<LadderMessage> Conversations::follow(const CapturedDatagram& datagram) {
    const auto header = wire::read_header(datagram.data);
    if (!header) return std::nullopt;
    Conversation& conversation = conversation_of(*header, datagram);

    LadderMessage message;
    message.initiator = conversation.initiator;
    message.responder = conversation.responder;
    message.from_initiator = datagram.source.address != conversation.responder.address ||
                             datagram.source == conversation.initiator;
    message.encrypted = header->encrypted();
    const auto [seen, is_new] = conversation.numbers.try_emplace(datagram.data, 0);
    if (is_new && is_numbered(header->exchange_type)) seen->second = ++conversation.last_number;
    message.number = seen->second;
    message.repeated = !is_new;
    message.payloads = payload_names(datagram.data, message.from_initiator);
    return message;
}

}  // namespace keyline::cli
