// Ownership of GSS-API objects, and its errors as values. Private to auth/.
#pragma once

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"

namespace keyline::auth::gss {

struct Error {
    OM_uint32 major = GSS_S_COMPLETE;
    OM_uint32 minor = 0;
    std::string text;  // the library's words, one line
};

// Asks the library for its words, so on the thread of the failed call and before the next one.
Error make_error(OM_uint32 major, OM_uint32 minor);
Error make_error(OM_uint32 major, OM_uint32 minor, gss_OID mechanism);

// Owns a handle that `kRelease` frees.
template <typename T, auto kRelease>
class Handle {
  public:
    Handle() = default;
    Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Handle() { reset(); }

    T get() const { return handle_; }
    T* out() { return &handle_; }
    void reset() {
        if (handle_ == nullptr) return;
        OM_uint32 minor = 0;
        kRelease(&minor, &handle_);
        handle_ = nullptr;
    }

  private:
    T handle_ = nullptr;
};

using Name = Handle<gss_name_t, gss_release_name>;
using Credentials = Handle<gss_cred_id_t, gss_release_cred>;
using BufferSet = Handle<gss_buffer_set_t, gss_release_buffer_set>;
inline OM_uint32 delete_context(OM_uint32* minor, gss_ctx_id_t* context) {
    return gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}
using SecurityContext = Handle<gss_ctx_id_t, delete_context>;

// A buffer that the library fills.
class OutputBuffer {
  public:
    OutputBuffer() = default;
    OutputBuffer(const OutputBuffer&) = delete;
    OutputBuffer& operator=(const OutputBuffer&) = delete;
    ~OutputBuffer() {
        OM_uint32 minor = 0;
        gss_release_buffer(&minor, &buffer_);
    }

    gss_buffer_t out() { return &buffer_; }
    ByteView view() const { return {static_cast<const std::uint8_t*>(buffer_.value), buffer_.length}; }
    std::string text() const { return {static_cast<const char*>(buffer_.value), buffer_.length}; }

  private:
    gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

// What the library reads; valid as long as the octets.
gss_buffer_desc input_buffer(ByteView octets);

// Kerberos alone: neither SPNEGO nor any other installed mechanism (MS-AIPS 2.2.3.1).
gss_OID kerberos_mechanism();
bool is_kerberos(gss_OID mechanism);

// A Kerberos principal in text; the default realm is taken when it names none.
std::expected<Name, Error> import_principal(const std::string& principal);
// With its realm.
std::expected<std::string, Error> display_name(gss_name_t name);

// One key and value of a credential store: "keytab", "client_keytab", "ccache", "ntlmssp_password".
using Store = std::vector<std::pair<std::string, std::string>>;
// Kerberos credentials from these places instead of those that the environment names. GSS_C_NO_NAME: any
// name.
std::expected<Credentials, Error> acquire_credentials(gss_name_t name, gss_cred_usage_t usage,
                                                      const Store& store);
// The same for any mechanism.
std::expected<Credentials, Error> acquire_credentials(gss_name_t name, gss_cred_usage_t usage,
                                                      const Store& store, gss_OID mechanism);

// GSS-APIsecret of a complete context (interpretation item 16). Empty when the library gives none.
std::expected<Secret, Error> session_key(const SecurityContext& context, gss_OID mechanism);

}  // namespace keyline::auth::gss
