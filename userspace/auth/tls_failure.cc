#include "auth/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace keyline::auth::tls {
namespace {

struct Meaning {
    int code;
    SecStatus status;
    std::string_view remedy;
};

constexpr std::string_view kAlike = "set auth.tls.mutual alike on both sides";
constexpr std::string_view kNoTls = "the peer does not speak TLS here, or the token was altered";

constexpr auto kErrors = std::to_array<Meaning>({
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, SecStatus::kMutualAuthFailed, kAlike},
    {SSL_R_NO_SHARED_CIPHER, SecStatus::kAlgorithmMismatch,
     "let both sides use TLS 1.2 with ECDHE and a certificate of a common kind"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SecStatus::kAlgorithmMismatch,
     "use a certificate with an RSA or ECDSA key that the peer knows"},
    {SSL_R_UNSUPPORTED_PROTOCOL, SecStatus::kAlgorithmMismatch, "let the peer use TLS 1.2"},
    {SSL_R_BAD_SIGNATURE, SecStatus::kMessageAltered, "the token was altered on the way, or forged"},
    {SSL_R_DIGEST_CHECK_FAILED, SecStatus::kMessageAltered, "the token was altered on the way, or forged"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SecStatus::kMessageAltered,
     "the token was altered on the way, or forged"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, SecStatus::kIllegalMessage, "shorten the peer's chain of certificates"},
    {SSL_R_WRONG_VERSION_NUMBER, SecStatus::kInvalidToken, kNoTls},
    {SSL_R_HTTP_REQUEST, SecStatus::kInvalidToken, kNoTls},
});

}  // namespace

Failure explain_error(const std::string& activity) {
    const unsigned long error = ERR_peek_error();
    const char* const words = ERR_reason_error_string(error);
    const auto found = std::ranges::find(kErrors, ERR_GET_REASON(error), &Meaning::code);
    const bool known = found != kErrors.end();
    Failure failure{known ? found->status : SecStatus::kIllegalMessage,
                    printable(activity) + ": " + (words == nullptr ? "unknown error" : printable(words)) +
                        ": " + std::string(known ? found->remedy : kNoTls)};
    ERR_clear_error();
    return failure;
}

}  // namespace keyline::auth::tls
