#include "crypto/kdf.h"

#include <algorithm>
#include <array>
#include <vector>

#include "crypto/hash_internal.h"

namespace keyline::crypto {

Secret concatenation_kdf(HashAlgorithm algorithm, ByteView z, Parts other_info, std::size_t length) {
    std::array<std::uint8_t, 4> counter{};
    std::vector<ByteView> parts{counter, z};
    parts.insert(parts.end(), other_info.begin(), other_info.end());

    Secret block(digest_size(algorithm));
    Secret derived(length);
    for (std::size_t done = 0; done < length; done += block.size()) {
        for (std::size_t at = counter.size(); at-- > 0 && ++counter[at] == 0;) {
        }
        hash_into(algorithm, parts, block.writable());
        std::ranges::copy(block.view().first(std::min(block.size(), length - done)),
                          derived.writable().begin() + done);
    }
    return derived;
}

}  // namespace keyline::crypto
