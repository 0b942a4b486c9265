#include "crypto/kdf.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "crypto/hash_internal.h"

namespace keyline::crypto {

Secret concatenation_kdf(HashAlgorithm algorithm, ByteView z, Parts other_info, std::size_t length) {
    std::vector<ByteView> parts{{}, z};  // the counter comes first
    parts.insert(parts.end(), other_info.begin(), other_info.end());

    Secret block(digest_size(algorithm));
    Secret derived(length);
    std::uint32_t counter = 0;
    for (std::size_t done = 0; done < length; done += block.size()) {
        Bytes counter_octets;
        append_be32(counter_octets, ++counter);
        parts[0] = counter_octets;
        hash_into(algorithm, parts, block.writable());
        const ByteView wanted = block.view().first(std::min(block.size(), length - done));
        std::ranges::copy(wanted, derived.writable().subspan(done).begin());
    }
    return derived;
}

}  // namespace keyline::crypto
