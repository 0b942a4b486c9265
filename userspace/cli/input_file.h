// Files that commands examine.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "base/bytes.h"

namespace keyline::cli {

inline constexpr std::size_t kMaxInputOctets = std::size_t{512} << 20;

// The whole contents of `path` ("-": standard input), at most kMaxInputOctets. The error is one line.
std::expected<Bytes, std::string> read_input_file(const std::string& path);

}  // namespace keyline::cli
