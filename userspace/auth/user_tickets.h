// The tickets of one of this host's users, out of the credential cache that kinit or the login keeps for
// them. Private to auth/.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "auth/ticket_cache.h"
#include "auth/ticket_source.h"

namespace keyline::auth {

// "FILE:/tmp/krb5cc_%{uid}" for 1000: the path, "/tmp/krb5cc_1000".
std::string user_cache_path(std::string_view pattern, std::uint32_t uid);

// For one attempt: the user's cache is read when it starts, is never written, and has to belong to the user.
// So no user makes this host act as another by putting something else in its place.
class UserTickets final : public TicketSource {
  public:
    UserTickets(std::string_view pattern, std::uint32_t uid)
        : path_(user_cache_path(pattern, uid)), uid_(uid) {}

    std::string initiates_with() const override;
    std::expected<gss::Credentials, gss::Error> to_initiate() override;
    void forget_ticket(const std::string&) const override {}

  private:
    std::expected<void, gss::Error> read();

    const std::string path_;
    const std::uint32_t uid_;
    const TicketCache tickets_;
};

}  // namespace keyline::auth
