// Key octets. The one type that holds them (docs/architecture.md, "Secrets").
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace keyline {

// Octets that are wiped when they go. A Secret moves but is not copied by accident (`clone` is the one way),
// has no stream or format operator, and compares in constant time.
class Secret {
  public:
    Secret() = default;
    // Zero octets, to be filled through `writable`.
    explicit Secret(std::size_t size) : octets_(size) {}
    // Takes a copy of `octets`; the caller still has to wipe its own.
    static Secret copy_of(ByteView octets);

    Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)) { other.octets_.clear(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(); }

    Secret clone() const { return copy_of(octets_); }
    // A new Secret of `length` octets starting at `offset`; both must lie within this one.
    Secret slice(std::size_t offset, std::size_t length) const;

    ByteView view() const { return octets_; }
    std::span<std::uint8_t> writable() { return octets_; }
    std::size_t size() const { return octets_.size(); }
    bool empty() const { return octets_.empty(); }

    // Constant time in the contents; the lengths are not secret.
    bool operator==(const Secret& other) const;

    void wipe() noexcept;

  private:
    Bytes octets_;
};

// True when both hold the same octets. Constant time in the contents: for ICVs and authentication proofs.
bool equal_constant_time(ByteView left, ByteView right);

}  // namespace keyline
