#include "ikev1/authentication.h"

#include <algorithm>
#include <utility>

#include "auth/x509.h"
#include "ikev1/pre_shared_key.h"
#include "ikev1/public_key.h"
#include "ikev1/revised_public_key.h"
#include "ikev1/signature.h"

namespace keyline::ikev1 {
namespace {

using auth::KeyKind;
using auth::MethodId;
namespace code = wire::ike_authentication;

struct MethodCode {
    std::uint16_t code;
    MethodId method;
    std::optional<KeyKind> key;  // that the certificates of both sides have
};
constexpr MethodCode kMethods[] = {
    {code::kPreSharedKey, MethodId::kPreSharedKey, std::nullopt},
    {code::kRsaSignature, MethodId::kSignature, KeyKind::kRsa},
    {code::kRsaEncryption, MethodId::kPublicKey, KeyKind::kRsa},
    {code::kRevisedRsaEncryption, MethodId::kRevisedPublicKey, KeyKind::kRsa},
    {code::kEcdsa256, MethodId::kSignature, KeyKind::kEcdsa256},
    {code::kEcdsa384, MethodId::kSignature, KeyKind::kEcdsa384},
    {code::kEcdsa521, MethodId::kSignature, KeyKind::kEcdsa521},
};

const MethodCode* find(std::uint16_t code) {
    const auto* found = std::ranges::find(kMethods, code, &MethodCode::code);
    return found == std::end(kMethods) ? nullptr : found;
}

// The engine makes no other method under these numbers. Null without credentials.
std::shared_ptr<const auth::X509Credentials> x509_of(MethodId id, const exchange::Host& host) {
    const auto* method = static_cast<const auth::X509Method*>(host.method(id));
    return method == nullptr ? nullptr : method->credentials();
}

std::vector<Bytes> refused_with(std::uint16_t code, const Refusals& refusals) {
    std::vector<Bytes> refused;
    for (const Refusals::Own& own : refusals.own) {
        if (own.method == code) refused.push_back(own.certificate);
    }
    return refused;
}

bool has_credentials(const MethodCode& entry, const exchange::Host& host, const Refusals& refusals) {
    if (std::ranges::find(refusals.methods, entry.code) != refusals.methods.end()) return false;
    if (!entry.key) return host.method(entry.method) != nullptr;
    const auto credentials = x509_of(entry.method, host);
    return credentials && credentials->has(*entry.key, refused_with(entry.code, refusals));
}

}  // namespace

std::vector<std::uint16_t> authentication_codes(const policy::MainMode& main_mode, const exchange::Host& host,
                                                const Refusals& refusals) {
    std::vector<std::uint16_t> codes;
    for (const policy::AuthMethod wanted : main_mode.auth) {
        for (const MethodCode& entry : kMethods) {
            if (static_cast<policy::AuthMethod>(entry.method) == wanted &&
                has_credentials(entry, host, refusals))
                codes.push_back(entry.code);
        }
    }
    return codes;
}

std::optional<auth::MethodId> method_of_code(std::uint16_t code) {
    const MethodCode* const entry = find(code);
    return entry == nullptr ? std::nullopt : std::optional(entry->method);
}

std::unique_ptr<Authentication> make_authentication(std::uint16_t code, const exchange::Host& host,
                                                    const Refusals& refusals) {
    const MethodCode& entry = *find(code);
    auto refused = refused_with(code, refusals);
    switch (entry.method) {
        case MethodId::kSignature:
            return std::make_unique<Signature>(x509_of(entry.method, host), *entry.key, std::move(refused));
        case MethodId::kPublicKey:
            return std::make_unique<PublicKey>(x509_of(entry.method, host), refused);
        case MethodId::kRevisedPublicKey:
            return std::make_unique<RevisedPublicKey>(x509_of(entry.method, host), refused);
        default:
            return std::make_unique<PreSharedKey>();
    }
}

}  // namespace keyline::ikev1
