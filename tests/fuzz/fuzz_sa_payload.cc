// Any payload sequence that starts with an SA, read as each protocol would: what parses is rebuilt octet for
// octet, and numbers of attributes can be asked for.
#include <algorithm>
#include <cstdlib>

#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace wire = keyline::wire;
    const keyline::ByteView octets(data, size);
    for (const auto dialect : {wire::Dialect::kAuthip, wire::Dialect::kIkev1}) {
        const auto payloads = wire::parse_payloads(octets, wire::PayloadType::kSecurityAssociation, dialect);
        if (!payloads) {
            if (payloads.error().offset > size) std::abort();
            continue;
        }
        const auto rebuilt = wire::build_payloads(*payloads);
        if (!rebuilt || !std::ranges::equal(*rebuilt, octets)) std::abort();
        for (const auto& payload : *payloads)
            wire::to_text(wire::describe(payload));
        for (const auto* sa : wire::find_all<wire::SecurityAssociation>(*payloads)) {
            for (const auto& proposal : sa->proposals) {
                for (const auto& transform : proposal.transforms) {
                    for (const auto& attribute : transform.attributes) {
                        const auto number = attribute.number();
                        if (attribute.is_basic() && (!number || *number > 0xFFFF)) std::abort();
                    }
                }
            }
        }
    }
    return 0;
}
