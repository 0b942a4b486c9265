#include "wire/message.h"

namespace keyline::wire {

bool Header::needs_crypto_payload() const {
    const bool stands_alone =
        next_payload == PayloadType::kNotification || next_payload == PayloadType::kFragment;
    return dialect() == Dialect::kAuthip && (encrypted() || !stands_alone);
}

}  // namespace keyline::wire
