// One method's credentials of [[auth.credentials]], for initiators that are not the machine. Private to
// auth/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/method.h"

namespace keyline::auth {

// Filled once, then immutable and so thread-safe.
template <typename T>
class OtherCredentials {
  public:
    void add(std::string name, std::optional<std::uint32_t> uid, std::shared_ptr<T> credentials) {
        entries_.push_back({std::move(name), uid, std::move(credentials)});
    }

    // Null when there are none.
    std::shared_ptr<T> find(const Identity& who) const {
        for (const Entry& entry : entries_) {
            const bool found = who.credentials.empty() ? entry.uid == who.uid : entry.name == who.credentials;
            if (found) return entry.credentials;
        }
        return nullptr;
    }

  private:
    struct Entry {
        std::string name;
        std::optional<std::uint32_t> uid;
        std::shared_ptr<T> credentials;
    };
    std::vector<Entry> entries_;
};

// For somebody whom nothing was found for: fails with its first step and says so. `method` opens the line,
// "TLS".
std::shared_ptr<Context> without_credentials(const std::string& method, const Identity& who);

}  // namespace keyline::auth
