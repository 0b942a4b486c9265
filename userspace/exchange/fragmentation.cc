#include "exchange/fragmentation.h"

#include <algorithm>
#include <chrono>

#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::exchange {
namespace {

constexpr std::chrono::seconds kReassemblyTime{70};  // MS-IKEE 3.3.2 <17>
constexpr std::size_t kFragmentHeader = 8;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kNonEspMarker = 4;

bool contradicts(std::uint8_t last, const std::map<std::uint8_t, Bytes>& pieces,
                 const wire::Fragment& fragment) {
    const bool is_last = (fragment.flags & wire::kLastFragment) != 0;
    if (last != 0) return is_last || fragment.number > last;
    return is_last && !pieces.empty() && pieces.rbegin()->first > fragment.number;
}

}  // namespace

std::size_t fragment_capacity(const IpAddress& remote, bool with_marker) {
    const bool v4 = remote.is_v4();
    const std::size_t packet = v4 ? 576 : 1280;
    const std::size_t ip_header = v4 ? 20 : 40;
    return packet - ip_header - kUdpHeader - (with_marker ? kNonEspMarker : 0) - wire::kHeaderSize -
           kFragmentHeader;
}

std::vector<Bytes> split(ByteView message, std::uint16_t id, std::size_t capacity) {
    std::vector<Bytes> datagrams;
    auto header = wire::read_header(message);
    if (!header) return datagrams;
    header->flags = static_cast<std::uint8_t>(header->flags & ~wire::kFlagEncryption);
    wire::Fragment fragment{.id = id};
    while (!message.empty()) {
        const ByteView piece = message.first(std::min(capacity, message.size()));
        message = message.subspan(piece.size());
        ++fragment.number;
        fragment.flags = message.empty() ? wire::kLastFragment : 0;
        fragment.data.assign(piece.begin(), piece.end());
        const wire::Payload payload{fragment};
        auto datagram = wire::build_plain_message(*header, {&payload, 1});
        if (!datagram) return {};
        datagrams.push_back(std::move(*datagram));
    }
    return datagrams;
}

Reassembly::Result Reassembly::add(std::uint64_t owner, const wire::Fragment& fragment, Instant now) {
    if (fragment.number == 0 || fragment.data.empty()) return {Verdict::kRefused, {}};
    const auto message = find_or_start(owner, fragment.id, now);
    if (message->pieces.contains(fragment.number)) return {Verdict::kRefused, {}};
    if (contradicts(message->last, message->pieces, fragment) ||
        message->octets + fragment.data.size() > kMaxMessage) {
        erase(message);
        return {Verdict::kRefused, {}};
    }
    if ((fragment.flags & wire::kLastFragment) != 0) message->last = fragment.number;
    message->octets += fragment.data.size();
    octets_ += fragment.data.size();
    message->pieces.emplace(fragment.number, fragment.data);
    if (message->last == 0 || message->pieces.size() != message->last) {
        while (octets_ > kMaxTotal || messages_.size() > kMaxMessages)
            erase(messages_.begin());
        return {};
    }
    Result result{Verdict::kComplete, {}};
    for (const auto& [number, piece] : message->pieces)
        append(result.message, piece);
    erase(message);
    return result;
}

Reassembly::Messages::iterator Reassembly::find_or_start(std::uint64_t owner, std::uint16_t id, Instant now) {
    const auto found = std::ranges::find_if(
        messages_, [&](const Message& message) { return message.owner == owner && message.id == id; });
    if (found != messages_.end()) return found;
    if (std::ranges::count(messages_, owner, &Message::owner) == kMaxMessagesPerOwner) {
        erase(std::ranges::find(messages_, owner, &Message::owner));
    }
    messages_.push_back({.owner = owner, .id = id, .give_up = now + kReassemblyTime});
    return messages_.end() - 1;
}

void Reassembly::erase(Messages::iterator message) {
    octets_ -= message->octets;
    messages_.erase(message);
}

Instant Reassembly::next_due() const { return messages_.empty() ? kNever : messages_.front().give_up; }

std::size_t Reassembly::expire(Instant now) {
    std::size_t given_up = 0;
    for (; next_due() <= now; ++given_up)
        erase(messages_.begin());
    return given_up;
}

}  // namespace keyline::exchange
