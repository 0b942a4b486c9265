// A packet in a larger piece of memory, with room before and behind it, so that ESP is added and removed in
// place.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace keyline::fastpath {

// Octets of room that sealing may need: outer IPv6, UDP, ESP header and IV before; padding, trailer and ICV
// behind.
constexpr std::uint32_t kFrontRoom = 40 + 8 + 8 + 16;
constexpr std::uint32_t kTailRoom = 16 + 2 + 32;

// Does not own its memory: that belongs to the pool the room came from (frame_pool.h), or to a test.
struct Frame {
    std::uint8_t* room = nullptr;
    std::uint32_t capacity = 0;     // octets from `room` on that are ours
    std::uint32_t start = 0;        // of the link-layer header, from `room`
    std::uint32_t length = 0;       // link-layer header and all that follows
    std::uint32_t link_octets = 0;  // Ethernet and VLAN tags; 0: the frame is an IP packet alone

    std::uint8_t* link() const { return room + start; }
    std::uint8_t* network() const { return link() + link_octets; }
    std::uint32_t network_octets() const { return length - link_octets; }
    std::span<std::uint8_t> packet() const { return {network(), network_octets()}; }
    std::span<std::uint8_t> octets() const { return {link(), length}; }

    // True when the frame can grow by so much in front and behind without leaving its room.
    bool has_room(std::uint32_t front, std::uint32_t tail) const {
        return start >= front && capacity - start - length >= tail;
    }

    // Makes a gap of `count` octets before network octet `at` by moving what stands before it, link layer
    // included, towards the front.
    void open_gap(std::uint32_t at, std::uint32_t count) {
        std::memmove(link() - count, link(), link_octets + at);
        start -= count;
        length += count;
    }

    // Removes `count` octets from network octet `at` on; what stands before them moves towards the back.
    void close_gap(std::uint32_t at, std::uint32_t count) {
        std::memmove(link() + count, link(), link_octets + at);
        start += count;
        length -= count;
    }

    void set_network_octets(std::uint32_t count) { length = link_octets + count; }

    // Writes the EtherType of an IP family (4 or 6); nothing when there is no link layer.
    void set_family(std::uint8_t family) {
        if (link_octets < 2) return;
        std::uint8_t* type = network() - 2;
        type[0] = family == 4 ? 0x08 : 0x86;
        type[1] = family == 4 ? 0x00 : 0xdd;
    }
};

}  // namespace keyline::fastpath
