#include "auth/kerberos_failure.h"

#include <krb5/krb5.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace keyline::auth {
namespace {

struct Meaning {
    SecStatus status;
    std::string_view remedy;
};

constexpr std::string_view kNetwork =
    "check that the KDC runs, that a firewall passes port 88, and [realms] in krb5.conf";
constexpr std::string_view kClock = "set the clocks of this host, the peer and the KDC, for example by NTP";
constexpr std::string_view kRenew =
    "get new tickets with kinit, or let keylined get them: set auth.kerberos.keytab";
constexpr std::string_view kOurName = "compare auth.kerberos.principal with the KDC's database";
constexpr std::string_view kOurKey =
    "this host's keytab is out of date or another's: export it from the KDC again";
constexpr std::string_view kPeerName = "create this principal in the KDC, or correct the peer's name";
constexpr std::string_view kEnctype =
    "let both hosts and the KDC share an encryption type (permitted_enctypes)";

struct CodedMeaning {
    krb5_error_code code;
    Meaning meaning;
};

constexpr auto kMeanings = std::to_array<CodedMeaning>({
    {KRB5_KDC_UNREACH, {SecStatus::kNoAuthenticatingAuthority, kNetwork}},
    {KRB5_REALM_UNKNOWN, {SecStatus::kNoAuthenticatingAuthority, kNetwork}},
    {KRB5_REALM_CANT_RESOLVE, {SecStatus::kNoAuthenticatingAuthority, kNetwork}},
    {KRB5KRB_ERR_RESPONSE_TOO_BIG,
     {SecStatus::kNoAuthenticatingAuthority, "let a firewall pass TCP port 88 too"}},
    {KRB5_CONFIG_NODEFREALM,
     {SecStatus::kNoAuthenticatingAuthority,
      "set default_realm in krb5.conf, or write the realm after the name"}},
    {KRB5KRB_AP_ERR_SKEW, {SecStatus::kTimeSkew, kClock}},
    {KRB5_KDCREP_SKEW, {SecStatus::kTimeSkew, kClock}},
    {KRB5KRB_AP_ERR_TKT_NYV, {SecStatus::kTimeSkew, kClock}},
    {KRB5KRB_AP_ERR_TKT_EXPIRED, {SecStatus::kContextExpired, kRenew}},
    {KRB5_CC_NOTFOUND, {SecStatus::kNoCredentials, kRenew}},
    {KRB5_FCC_NOFILE, {SecStatus::kNoCredentials, kRenew}},
    {KRB5_FCC_PERM,
     {SecStatus::kNoCredentials, "let keylined read the credential cache, or set auth.kerberos.keytab"}},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, {SecStatus::kNoCredentials, kOurName}},
    {KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, {SecStatus::kTargetUnknown, kPeerName}},
    {KRB5KDC_ERR_PREAUTH_FAILED, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5KRB_AP_ERR_MODIFIED, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5KRB_AP_ERR_BADKEYVER, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5KRB_AP_ERR_NOKEY, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5_KT_KVNONOTFOUND, {SecStatus::kLogonDenied, kOurKey}},
    {KRB5_KT_NOTFOUND, {SecStatus::kNoCredentials, kOurKey}},
    {KRB5KRB_AP_ERR_NOT_US, {SecStatus::kWrongPrincipal, kOurKey}},
    {KRB5KRB_AP_WRONG_PRINC, {SecStatus::kWrongPrincipal, kOurKey}},
    {KRB5KDC_ERR_CLIENT_REVOKED, {SecStatus::kLogonDenied, "enable the account in the KDC"}},
    {KRB5KDC_ERR_KEY_EXP,
     {SecStatus::kLogonDenied, "give the account a new key in the KDC and export its keytab"}},
    {KRB5KDC_ERR_ETYPE_NOSUPP, {SecStatus::kKdcUnknownEtype, kEnctype}},
    {KRB5_BAD_ENCTYPE, {SecStatus::kKdcUnknownEtype, kEnctype}},
    {KRB5KRB_AP_ERR_REPEAT, {SecStatus::kOutOfSequence, "none needed; many are an attack by repetition"}},
    {KRB5_PARSE_MALFORMED,
     {SecStatus::kTargetUnknown, "write a principal as host/name@REALM or NAME$@REALM"}},
    {ENOENT, {SecStatus::kNoCredentials, "create the file, or correct its path"}},
    {EACCES, {SecStatus::kNoCredentials, "let keylined read krb5.conf, the keytab and the credential cache"}},
});

Meaning of_major(OM_uint32 major) {
    switch (GSS_ROUTINE_ERROR(major)) {
        case GSS_S_CREDENTIALS_EXPIRED:
        case GSS_S_CONTEXT_EXPIRED:
            return {SecStatus::kContextExpired, kRenew};
        case GSS_S_NO_CRED:
            return {SecStatus::kNoCredentials, kRenew};
        case GSS_S_BAD_MECH:
        case GSS_S_DEFECTIVE_TOKEN:
            return {SecStatus::kInvalidToken, "the peer does not speak Kerberos here"};
        case GSS_S_BAD_SIG:
            return {SecStatus::kMessageAltered, "the token was altered on the way, or forged"};
        case GSS_S_DUPLICATE_TOKEN:
        case GSS_S_OLD_TOKEN:
            return {SecStatus::kOutOfSequence, "none needed; many are an attack by repetition"};
        case GSS_S_BAD_NAME:
            return {SecStatus::kTargetUnknown, "write a principal as host/name@REALM or NAME$@REALM"};
        default:
            return {SecStatus::kInternalError, "set KRB5_TRACE=/dev/stderr to see what Kerberos does"};
    }
}

Meaning meaning_of(const gss::Error& error) {
    const auto code = static_cast<krb5_error_code>(error.minor);
    const auto found = std::ranges::find(kMeanings, code, &CodedMeaning::code);
    return found != kMeanings.end() ? found->meaning : of_major(error.major);
}

}  // namespace

Failure explain(const std::string& activity, const gss::Error& error) {
    const Meaning meaning = meaning_of(error);
    return {meaning.status, printable(activity) + ": " + error.text + ": " + std::string(meaning.remedy)};
}

}  // namespace keyline::auth
