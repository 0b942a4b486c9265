// The name in a GSS_ID payload (MS-AIPS 2.2.3.3, interpretation item 18).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace keyline::wire {

// UTF-8 from UTF-16LE, or from UTF-16BE when the first octet is zero. nullopt when empty, not UTF-16, or with
// a NUL.
std::optional<std::string> decode_principal_name(ByteView utf16);

// UTF-16LE without terminator. nullopt when `utf8` is not UTF-8 or holds a NUL.
std::optional<Bytes> encode_principal_name(std::string_view utf8);

}  // namespace keyline::wire
