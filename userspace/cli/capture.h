// Reads the IKE datagrams out of a capture file (pcap or pcapng, through libpcap), however hostile the file.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"
#include "cli/packet.h"

namespace keyline::cli {

struct CapturedDatagram {
    std::size_t frame = 0;            // counted from 1, as tshark does
    std::chrono::nanoseconds time{};  // since 1970
    Endpoint source;
    Endpoint destination;
    Bytes data;  // the ISAKMP message, without the non-ESP marker
};

struct Capture {
    std::vector<CapturedDatagram> datagrams;  // UDP 500 and 4500 only; keep-alives and ESP in UDP left out
    std::size_t frames = 0;
    std::size_t cut_short = 0;   // IKE datagrams that the capture does not hold in full: left out
    std::size_t incomplete = 0;  // fragments that never became a whole datagram

    // One line of what is not among the datagrams; empty when nothing is missing.
    std::string left_out() const;
};

// Finds the IKE datagrams in frames of one link type that knows_link_type() knows.
class DatagramReader {
  public:
    explicit DatagramReader(int link) : link_(link) {}

    // The IKE datagram that this frame completes, if any. One that the frame does not hold in full is counted
    // and left out. `time` is since 1970.
    std::optional<CapturedDatagram> take(ByteView frame, std::chrono::nanoseconds time);

    std::size_t frames() const { return frames_; }
    std::size_t cut_short() const { return cut_short_; }
    std::size_t incomplete() const { return fragments_.unfinished(); }

  private:
    int link_;
    Reassembly fragments_;
    std::size_t frames_ = 0;
    std::size_t cut_short_ = 0;
};

// True when the octets start as a pcap or pcapng file does.
bool is_capture(ByteView file);

// "2026-11-22T00:12:10.123456Z"
std::string time_text(std::chrono::nanoseconds time);

// The error is one line.
std::expected<Capture, std::string> read_capture(ByteView file);

}  // namespace keyline::cli
