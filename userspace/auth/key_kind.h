// The kinds of keys that IKEv1 authenticates by.
#pragma once

#include <cstdint>

namespace keyline::auth {

// ECDSA is one method for each curve (RFC 4754).
enum class KeyKind : std::uint8_t { kRsa, kEcdsa256, kEcdsa384, kEcdsa521 };

}  // namespace keyline::auth
