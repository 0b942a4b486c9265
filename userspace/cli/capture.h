// Reads the IKE datagrams out of a capture file (pcap or pcapng, through libpcap), however hostile the file.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"

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
};

// True when the octets start as a pcap or pcapng file does.
bool is_capture(ByteView file);

// The error is one line.
std::expected<Capture, std::string> read_capture(ByteView file);

}  // namespace keyline::cli
