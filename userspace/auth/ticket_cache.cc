#include "auth/ticket_cache.h"

#include <atomic>

#include "auth/krb5_objects.h"

namespace keyline::auth {
namespace {

std::string unique_name() {
    static std::atomic<unsigned> count{0};
    return "MEMORY:keyline-" + std::to_string(++count);
}

}  // namespace

TicketCache::TicketCache() : name_(unique_name()) {}

TicketCache::~TicketCache() {
    const krb5::Context context = krb5::make_context();
    if (!context) return;
    krb5::Cache cache(context.get());
    if (krb5_cc_resolve(context.get(), name_.c_str(), cache.out()) == 0) {
        krb5_cc_destroy(context.get(), cache.release());
    }
}

void TicketCache::forget(const std::string& service) const {
    const krb5::Context context = krb5::make_context();
    if (!context) return;
    krb5::Cache cache(context.get());
    krb5::Principal client(context.get());
    krb5::Principal server(context.get());
    if (krb5_cc_resolve(context.get(), name_.c_str(), cache.out()) != 0 ||
        krb5_cc_get_principal(context.get(), cache.get(), client.out()) != 0 ||
        krb5_parse_name(context.get(), service.c_str(), server.out()) != 0) {
        return;
    }
    krb5_creds wanted{};
    wanted.client = client.get();
    wanted.server = server.get();
    krb5_cc_remove_cred(context.get(), cache.get(), 0, &wanted);
}

}  // namespace keyline::auth
