// What a fuzzer decides by: the input's octets, one after the other. All zeros follow its end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace keyline {

class FuzzInput {
  public:
    FuzzInput(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    bool more() const { return size_ != 0; }
    std::uint8_t octet() {
        if (size_ == 0) return 0;
        --size_;
        return *data_++;
    }
    std::uint32_t word() {
        std::uint32_t word = 0;
        for (int i = 0; i < 4; ++i)
            word = word << 8 | octet();
        return word;
    }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
};

}  // namespace keyline
