// The one payload with structure inside: proposals and transforms (RFC 2408 3.4 to 3.6). Used by
// parse_payloads and build_payloads only.
#pragma once

#include <expected>

#include "wire/error.h"
#include "wire/payloads.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace keyline::wire {

// `body` is what follows the generic header.
std::expected<SecurityAssociation, ParseError> parse_security_association(Reader body);

void build_security_association(Writer& to, const SecurityAssociation& sa);

}  // namespace keyline::wire
