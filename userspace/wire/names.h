// Names of registered numbers, as the RFCs and the IANA registries spell them: "AES-CBC", and the number
// alone where there is no name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/numbers.h"

namespace keyline::wire {

std::string payload_name(PayloadType type);  // "Security Association"
std::string exchange_name(ExchangeType type);
std::string protocol_name(std::uint8_t protocol_id);
// `protocol_id` is the proposal's; it decides what a transform and its attributes mean.
std::string transform_name(std::uint8_t protocol_id, std::uint8_t transform_id);
std::string attribute_name(std::uint8_t protocol_id, std::uint16_t type);
std::string attribute_value_name(std::uint8_t protocol_id, std::uint16_t type, std::uint64_t value);
std::string id_type_name(std::uint8_t type);
std::string certificate_encoding_name(std::uint8_t encoding);
std::string notify_name(std::uint16_t type);
std::string auth_method_name(std::uint16_t method);

// The names of the bits that are set, unknown ones as one hexadecimal number.
std::vector<std::string> header_flag_names(std::uint8_t flags);
std::vector<std::string> gss_flag_names(std::uint8_t flags);
std::vector<std::string> exchange_info_flag_names(std::uint32_t flags);

}  // namespace keyline::wire
