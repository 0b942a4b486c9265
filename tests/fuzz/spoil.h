// What a broken or hostile peer makes of the payloads of a message, as the input says.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "fuzz/input.h"
#include "wire/message.h"

namespace keyline::simulation {

// Drops, doubles, swaps or damages some. `damage(payloads, i)` changes octets of them, the i-th being chosen.
template <typename Damage>
void spoil(FuzzInput& input, std::vector<wire::Payload>& payloads, const Damage& damage) {
    for (unsigned changes = input.octet() % 4; changes != 0 && !payloads.empty(); --changes) {
        const std::size_t at = input.octet() % payloads.size();
        switch (input.octet() % 4) {
            case 0:
                payloads.erase(payloads.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 1:
                payloads.push_back(payloads[at]);
                break;
            case 2:
                std::swap(payloads[at], payloads[input.octet() % payloads.size()]);
                break;
            default:
                damage(payloads, at);
        }
    }
}

}  // namespace keyline::simulation
