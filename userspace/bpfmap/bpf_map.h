// Pinned BPF maps by file descriptor, and arrays of theirs mapped into memory. What a map's keys and values
// are is in shared/; the callers give the types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace keyline::bpfmap {

class Map {
  public:
    Map() = default;
    // Takes over `fd`.
    explicit Map(int fd) : fd_(fd) {}
    // The error names the path and says why.
    static std::expected<Map, std::string> open_pinned(const std::string& path);
    Map(Map&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Map& operator=(Map&& other) noexcept;
    ~Map();

    int fd() const { return fd_; }
    std::uint32_t max_entries() const;

    template <typename Value, typename Key>
    std::optional<Value> lookup(const Key& key) const {
        Value value{};
        if (!lookup_octets(&key, &value)) {
            return std::nullopt;
        }
        return value;
    }
    // The error is the reason alone ("No space left on device").
    template <typename Key, typename Value>
    std::expected<void, std::string> update(const Key& key, const Value& value) const {
        return update_octets(&key, &value);
    }
    // False when there was no such key.
    template <typename Key>
    bool erase(const Key& key) const {
        return erase_octets(&key);
    }
    // Calls `visit(key)` for every key; stops when it returns false. Keys may come twice or not at all while
    // others write, as the kernel says.
    template <typename Key, typename Visit>
    void for_each_key(Visit&& visit) const {
        Key key{}, next{};
        for (bool more = next_key(nullptr, &next); more; more = next_key(&key, &next)) {
            key = next;
            if (!visit(key)) {
                return;
            }
        }
    }

    bool lookup_octets(const void* key, void* value) const;
    std::expected<void, std::string> update_octets(const void* key, const void* value) const;

  private:
    bool erase_octets(const void* key) const;
    bool next_key(const void* key, void* next) const;

    int fd_ = -1;
};

// An ARRAY map with BPF_F_MMAPABLE in this process's memory. Other processes and the kernel read and write it
// too: use std::atomic_ref or __atomic builtins where that matters.
class MappedMemory {
  public:
    MappedMemory() = default;
    static std::expected<MappedMemory, std::string> map(const Map& array, std::size_t octets, bool writable);
    MappedMemory(MappedMemory&& other) noexcept;
    MappedMemory& operator=(MappedMemory&& other) noexcept;
    ~MappedMemory();

    void* data() const { return data_; }

  private:
    void* data_ = nullptr;
    std::size_t octets_ = 0;
};

// Values are as large as the kernel lays them out: sizeof(Value) rounded up to 8.
template <typename Value>
class MappedArray {
    static_assert(sizeof(Value) % 8 == 0, "the kernel would pad the values");

  public:
    MappedArray() = default;
    static std::expected<MappedArray, std::string> map(const Map& array, bool writable) {
        MappedArray mapped;
        mapped.size_ = array.max_entries();
        auto memory = MappedMemory::map(array, mapped.size_ * sizeof(Value), writable);
        if (!memory) {
            return std::unexpected(memory.error());
        }
        mapped.memory_ = std::move(*memory);
        return mapped;
    }

    std::size_t size() const { return size_; }
    Value& operator[](std::size_t index) const { return static_cast<Value*>(memory_.data())[index]; }

  private:
    MappedMemory memory_;
    std::size_t size_ = 0;
};

}  // namespace keyline::bpfmap
