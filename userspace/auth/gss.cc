#include "auth/gss.h"

#include <gssapi/gssapi_krb5.h>
#include <openssl/crypto.h>

#include "auth/failure.h"

namespace keyline::auth::gss {
namespace {

std::string status_text(OM_uint32 code, int type, gss_OID mechanism) {
    OutputBuffer text;
    OM_uint32 minor = 0;
    OM_uint32 more = 0;  // Kerberos has one line per code
    if (GSS_ERROR(gss_display_status(&minor, code, type, mechanism, &more, text.out())))
        return "unknown error";
    return printable(text.text());
}

}  // namespace

Error make_error(OM_uint32 major, OM_uint32 minor) { return make_error(major, minor, kerberos_mechanism()); }

Error make_error(OM_uint32 major, OM_uint32 minor, gss_OID mechanism) {
    return {major, minor,
            minor != 0 ? status_text(minor, GSS_C_MECH_CODE, mechanism)
                       : status_text(major, GSS_C_GSS_CODE, GSS_C_NO_OID)};
}

gss_buffer_desc input_buffer(ByteView octets) {
    return {.length = octets.size(), .value = const_cast<std::uint8_t*>(octets.data())};
}

gss_OID kerberos_mechanism() { return gss_mech_krb5; }

bool is_kerberos(gss_OID mechanism) { return gss_oid_equal(mechanism, gss_mech_krb5) != 0; }

std::expected<Name, Error> import_principal(const std::string& principal) {
    gss_buffer_desc buffer = input_buffer(as_bytes(principal));
    Name name;
    OM_uint32 minor = 0;
    OM_uint32 major = gss_import_name(&minor, &buffer, GSS_KRB5_NT_PRINCIPAL_NAME, name.out());
    if (GSS_ERROR(major)) return std::unexpected(make_error(major, minor));
    // The mechanism's own form: it parses the text now, and is what contexts report.
    Name canonical;
    major = gss_canonicalize_name(&minor, name.get(), kerberos_mechanism(), canonical.out());
    if (GSS_ERROR(major)) return std::unexpected(make_error(major, minor));
    return canonical;
}

std::expected<std::string, Error> display_name(gss_name_t name) {
    OutputBuffer text;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_display_name(&minor, name, text.out(), nullptr);
    if (GSS_ERROR(major)) return std::unexpected(make_error(major, minor));
    return text.text();
}

std::expected<Credentials, Error> acquire_credentials(gss_name_t name, gss_cred_usage_t usage,
                                                      const Store& store) {
    return acquire_credentials(name, usage, store, kerberos_mechanism());
}

std::expected<Credentials, Error> acquire_credentials(gss_name_t name, gss_cred_usage_t usage,
                                                      const Store& store, gss_OID mechanism) {
    std::vector<gss_key_value_element_desc> elements;
    elements.reserve(store.size());
    for (const auto& [key, value] : store)
        elements.push_back({.key = key.c_str(), .value = value.c_str()});
    const gss_key_value_set_desc set{.count = static_cast<OM_uint32>(elements.size()),
                                     .elements = elements.data()};
    gss_OID_set_desc mechanisms{.count = 1, .elements = mechanism};
    Credentials credentials;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechanisms, usage, &set,
                                                  credentials.out(), nullptr, nullptr);
    if (GSS_ERROR(major)) return std::unexpected(make_error(major, minor, mechanism));
    return credentials;
}

std::expected<Secret, Error> session_key(const SecurityContext& context, gss_OID mechanism) {
    BufferSet keys;
    OM_uint32 minor = 0;
    const OM_uint32 major =
        gss_inquire_sec_context_by_oid(&minor, context.get(), GSS_C_INQ_SSPI_SESSION_KEY, keys.out());
    if (GSS_ERROR(major)) return std::unexpected(make_error(major, minor, mechanism));
    if (keys.get() == nullptr || keys.get()->count == 0) return Secret();
    const gss_buffer_desc& key = keys.get()->elements[0];
    Secret secret = Secret::copy_of({static_cast<const std::uint8_t*>(key.value), key.length});
    OPENSSL_cleanse(key.value, key.length);
    return secret;
}

}  // namespace keyline::auth::gss
