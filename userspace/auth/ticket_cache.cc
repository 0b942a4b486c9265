#include "auth/ticket_cache.h"

#include <krb5/krb5.h>

#include <atomic>
#include <memory>
#include <utility>

namespace keyline::auth {
namespace {

// The library frees most of its objects by a function of the context and the object.
template <typename T, auto kFree>
class Owned {
  public:
    explicit Owned(krb5_context context) : context_(context) {}
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
        if (object_ != nullptr) kFree(context_, object_);
    }
    T get() const { return object_; }
    T* out() { return &object_; }
    T release() { return std::exchange(object_, nullptr); }

  private:
    krb5_context context_;
    T object_ = nullptr;
};
using Cache = Owned<krb5_ccache, krb5_cc_close>;
using Principal = Owned<krb5_principal, krb5_free_principal>;

struct FreeContext {
    void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Context = std::unique_ptr<_krb5_context, FreeContext>;

Context make_context() {
    krb5_context context = nullptr;
    return Context(krb5_init_context(&context) == 0 ? context : nullptr);
}

std::string unique_name() {
    static std::atomic<unsigned> count{0};
    return "MEMORY:keyline-" + std::to_string(++count);
}

}  // namespace

TicketCache::TicketCache() : name_(unique_name()) {}

TicketCache::~TicketCache() {
    const Context context = make_context();
    if (!context) return;
    Cache cache(context.get());
    if (krb5_cc_resolve(context.get(), name_.c_str(), cache.out()) == 0) {
        krb5_cc_destroy(context.get(), cache.release());
    }
}

void TicketCache::forget(const std::string& service) const {
    const Context context = make_context();
    if (!context) return;
    Cache cache(context.get());
    Principal client(context.get());
    Principal server(context.get());
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
