#include "wire/attribute_list.h"

#include "wire/parse.h"

namespace keyline::wire {
namespace {

void build_attribute(Writer& to, const Attribute& attribute) {
    if (attribute.type > 0x7FFF) to.fail(BuildReason::kFieldTooLong);
    if (const auto* basic = std::get_if<std::uint16_t>(&attribute.value)) {
        to.be16(attribute.type | 0x8000);
        to.be16(*basic);
    } else {
        const Bytes& variable = std::get<Bytes>(attribute.value);
        to.be16(attribute.type);
        to.size16(variable.size());
        to.octets(variable);
    }
}

}  // namespace

std::expected<std::vector<Attribute>, ParseError> parse_attributes(Reader from) {
    std::vector<Attribute> attributes;
    while (from.remaining() > 0) {
        const std::size_t start = from.offset();
        if (attributes.size() == kMaxAttributes) return failure(ParseReason::kTooManyAttributes, start);
        if (!from.has(4)) return failure(ParseReason::kAttributeTruncated, start);
        const std::uint16_t format_and_type = from.be16();
        const std::uint16_t value_or_length = from.be16();
        Attribute& attribute = attributes.emplace_back();
        attribute.type = format_and_type & 0x7FFF;
        if ((format_and_type & 0x8000) != 0) {
            attribute.value = value_or_length;
        } else {
            if (!from.has(value_or_length)) return failure(ParseReason::kAttributeTruncated, start);
            attribute.value = from.copy(value_or_length);
        }
    }
    return attributes;
}

void build_attributes(Writer& to, std::span<const Attribute> attributes) {
    for (const Attribute& attribute : attributes)
        build_attribute(to, attribute);
}

}  // namespace keyline::wire
