// A credential cache in this process's memory, for tickets that a keytab obtains. Private to auth/.
#pragma once

#include <string>

namespace keyline::auth {

// Made empty, destroyed with this object. Thread-safe, as the library's memory caches are.
class TicketCache {
  public:
    TicketCache();
    ~TicketCache();
    TicketCache(const TicketCache&) = delete;
    TicketCache& operator=(const TicketCache&) = delete;

    // "MEMORY:keyline-...": for a credential store.
    const std::string& name() const { return name_; }

    // Drops the ticket for this service, so that the next use asks the KDC: the service may have a new key.
    void forget(const std::string& service) const;

  private:
    std::string name_;
};

}  // namespace keyline::auth
