// Ownership of libkrb5 objects. Private to auth/.
#pragma once

#include <krb5/krb5.h>

#include <memory>
#include <utility>

namespace keyline::auth::krb5 {

struct FreeContext {
    void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Context = std::unique_ptr<_krb5_context, FreeContext>;

// Null when krb5.conf cannot be read.
inline Context make_context() {
    krb5_context context = nullptr;
    return Context(krb5_init_context(&context) == 0 ? context : nullptr);
}

// An object that the library frees by a function of the context and the object.
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
using Keytab = Owned<krb5_keytab, krb5_kt_close>;
using Principal = Owned<krb5_principal, krb5_free_principal>;

}  // namespace keyline::auth::krb5
