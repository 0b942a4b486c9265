// Octets under construction. The first field that does not fit is remembered; the result is taken at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "wire/error.h"
#include "wire/numbers.h"

namespace keyline::wire {

class Writer {
  public:
    void u8(std::uint8_t value) { octets_.push_back(value); }
    void be16(std::uint16_t value) { append_be16(octets_, value); }
    void be32(std::uint32_t value) { append_be32(octets_, value); }
    void octets(ByteView value) { append(octets_, value); }

    // A count or length in a field of 8 or 16 bits.
    void size8(std::size_t value) {
        if (value > 0xFF) fail(BuildReason::kFieldTooLong);
        u8(static_cast<std::uint8_t>(value));
    }
    void size16(std::size_t value) {
        if (value > 0xFFFF) fail(BuildReason::kFieldTooLong);
        be16(static_cast<std::uint16_t>(value));
    }

    // A generic payload header whose length `end` fills in; returns what `end` wants.
    std::size_t begin(PayloadType next, std::uint8_t reserved) {
        const std::size_t start = octets_.size();
        u8(static_cast<std::uint8_t>(next));
        u8(reserved);
        be16(0);
        return start;
    }
    void end(std::size_t start) {
        const std::size_t length = octets_.size() - start;
        if (length > 0xFFFF) fail(BuildReason::kPayloadTooLong);
        octets_[start + 2] = static_cast<std::uint8_t>(length >> 8);
        octets_[start + 3] = static_cast<std::uint8_t>(length);
    }

    void fail(BuildReason reason) {
        if (!error_) error_ = BuildError{reason};
    }
    std::expected<Bytes, BuildError> finish() && {
        if (error_) return std::unexpected(*error_);
        return std::move(octets_);
    }

  private:
    Bytes octets_;
    std::optional<BuildError> error_;
};

}  // namespace keyline::wire
