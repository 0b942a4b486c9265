// Where the tickets of a Kerberos initiator come from: the machine's keytab, or a user's credential cache.
// Private to auth/.
#pragma once

#include <expected>
#include <string>

#include "auth/gss.h"

namespace keyline::auth {

// Thread-safe.
class TicketSource {
  public:
    virtual ~TicketSource() = default;
    // For people: where `to_initiate` looks.
    virtual std::string initiates_with() const = 0;
    // May ask a KDC.
    virtual std::expected<gss::Credentials, gss::Error> to_initiate() = 0;
    // An attempt with a ticket for `service` came to nothing: the next one may need a new one.
    virtual void forget_ticket(const std::string& service) const = 0;
};

}  // namespace keyline::auth
