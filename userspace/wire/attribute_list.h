// Data attributes one after the other (RFC 2408 3.3): those of a transform, and of RESPONDER-LIFETIME.
#pragma once

#include <expected>
#include <span>
#include <vector>

#include "wire/attributes.h"
#include "wire/error.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace keyline::wire {

// All that is left in `from`.
std::expected<std::vector<Attribute>, ParseError> parse_attributes(Reader from);

void build_attributes(Writer& to, std::span<const Attribute> attributes);

}  // namespace keyline::wire
