// The ciphers main mode negotiates, all in CBC mode (RFC 2409 appendix A; RFC 2405, RFC 2451, RFC 3602). ESP
// has its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/bytes.h"

namespace keyline::crypto {

enum class CipherAlgorithm : std::uint8_t { kDesCbc, k3desCbc, kAes128Cbc, kAes192Cbc, kAes256Cbc };

// Octets; the specification's cryptLength.
std::size_t key_size(CipherAlgorithm algorithm);
// Octets of a block and of the IV.
std::size_t block_size(CipherAlgorithm algorithm);

// False when the system's OpenSSL cannot do it: DES needs the "legacy" provider, which is loaded on first
// use, for this library alone. `why` then gives the cause and the remedy in one line.
bool usable(CipherAlgorithm algorithm, std::string* why = nullptr);

enum class CipherError : std::uint8_t { kLength, kUnusable };
std::string to_string(CipherError error);

// Without padding: `text` is a multiple of block_size, `key` has key_size octets, `iv` block_size; kLength
// otherwise.
std::expected<Bytes, CipherError> encrypt(CipherAlgorithm algorithm, ByteView key, ByteView iv,
                                          ByteView text);
std::expected<Bytes, CipherError> decrypt(CipherAlgorithm algorithm, ByteView key, ByteView iv,
                                          ByteView text);

// Sets the least significant bit of each octet so that its number of ones is odd (MS-AIPS 3.1.7.4).
void set_odd_parity(std::span<std::uint8_t> key);

// True for DES keys that RFC 2405 2.3 lists as weak or semi-weak, and for 3DES keys that contain one or whose
// first and second or second and third parts are equal (RFC 2451 2.3). `key` has key_size octets and odd
// parity.
bool is_weak_key(CipherAlgorithm algorithm, ByteView key);

}  // namespace keyline::crypto
