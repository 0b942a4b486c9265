// Device features by ethtool.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace keyline::datapath {

// Turns off whatever would let a frame reach the other end of a veth unfinished: segmentation, checksums and
// VLAN tags left to the device.
std::expected<void, std::string> finish_frames_in_software(const std::string& interface);

// Receive queues in use; 1 where the driver does not say.
std::uint32_t receive_queues(const std::string& interface);

}  // namespace keyline::datapath
