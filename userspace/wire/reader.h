// A cursor over octets that knows where in the datagram it is. Callers check `has` first; nothing here can
// fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "wire/error.h"

namespace keyline::wire {

class Reader {
  public:
    // `offset` is where `octets` lie in the datagram.
    Reader(ByteView octets, std::size_t offset) : octets_(octets), offset_(offset) {}

    bool has(std::size_t count) const { return octets_.size() >= count; }
    std::size_t remaining() const { return octets_.size(); }
    // Of the next octet, from the start of the datagram.
    std::size_t offset() const { return offset_; }

    std::uint8_t u8() { return take(1)[0]; }
    std::uint16_t be16() { return load_be16(take(2).data()); }
    std::uint32_t be32() { return load_be32(take(4).data()); }
    ByteView take(std::size_t count) {
        const ByteView taken = octets_.first(count);
        octets_ = octets_.subspan(count);
        offset_ += count;
        return taken;
    }
    ByteView take_rest() { return take(remaining()); }
    Bytes copy(std::size_t count) {
        const ByteView taken = take(count);
        return {taken.begin(), taken.end()};
    }
    Bytes copy_rest() { return copy(remaining()); }
    // A cursor over the next `count` octets, which this one skips.
    Reader sub(std::size_t count) {
        const std::size_t at = offset_;
        return {take(count), at};
    }

  private:
    ByteView octets_;
    std::size_t offset_;
};

inline std::unexpected<ParseError> failure(ParseReason reason, std::size_t offset) {
    return std::unexpected(ParseError{reason, offset});
}

}  // namespace keyline::wire
