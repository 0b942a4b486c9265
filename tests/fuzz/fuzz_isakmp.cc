// Any datagram: what parses is rebuilt octet for octet, and every one can be described.
#include <algorithm>
#include <cstdlib>

#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"

using keyline::Bytes;
using keyline::ByteView;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace wire = keyline::wire;
    const ByteView datagram(data, size);

    // Most mutations break Length, which would end the parser's work before it began: try with it set right,
    // too.
    Bytes repaired(datagram.begin(), datagram.end());
    if (size >= wire::kHeaderSize) {
        Bytes length;
        keyline::append_be32(length, static_cast<std::uint32_t>(size));
        std::copy(length.begin(), length.end(), repaired.begin() + wire::kHeaderLengthOffset);
    }
    for (const ByteView candidate : {datagram, ByteView(repaired)}) {
        if (const auto message = wire::parse_message(candidate)) {
            const auto rebuilt = wire::build_message(*message);
            if (!rebuilt || !std::ranges::equal(*rebuilt, candidate)) std::abort();
            wire::summarize(message->header.exchange_type, wire::Sender::kInitiator, message->payloads);
        }
        wire::to_text(wire::describe(candidate));
    }
    return 0;
}
