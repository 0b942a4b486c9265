#include "auth/registry.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "auth/anonymous.h"
#include "auth/kerberos.h"
#include "auth/ntlm.h"
#include "auth/pre_shared_key.h"
#include "auth/tls.h"
#include "auth/x509.h"

namespace keyline::auth {
namespace {

// GSS_ID of a host without a realm (interpretation M10).
std::string machine_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "host/localhost";
    return std::string("host/") + name.data();
}

}  // namespace

std::expected<std::vector<std::shared_ptr<Method>>, std::string> make_methods(const policy::Auth& auth) {
    std::vector<std::shared_ptr<Method>> methods;
    if (auth.kerberos) {
        auto kerberos = KerberosMethod::make(*auth.kerberos, auth.credentials);
        if (!kerberos) return std::unexpected(std::move(kerberos.error()));
        methods.push_back(*std::move(kerberos));
    }
    if (auth.anonymous) {
        const std::string& name = auth.anonymous->name;
        methods.push_back(std::make_shared<AnonymousMethod>(name.empty() ? machine_name() : name));
    }
    if (auth.tls) {
        auto tls = TlsMethod::make(*auth.tls, machine_name(), auth.credentials);
        if (!tls) return std::unexpected(std::move(tls.error()));
        methods.push_back(*std::move(tls));
    }
    if (auth.ntlm) {
        auto ntlm = NtlmMethod::make(*auth.ntlm, machine_name(), auth.credentials);
        if (!ntlm) return std::unexpected(std::move(ntlm.error()));
        methods.push_back(*std::move(ntlm));
    }
    if (auth.psk) {
        auto psk = PreSharedKeyMethod::load(auth.psk->file);
        if (!psk) return std::unexpected(std::move(psk.error()));
        methods.push_back(*std::move(psk));
    }
    if (auth.x509) {
        const auto credentials = X509Credentials::load(*auth.x509);
        if (!credentials) return std::unexpected(credentials.error());
        for (const MethodId id : {MethodId::kSignature, MethodId::kPublicKey, MethodId::kRevisedPublicKey})
            methods.push_back(std::make_shared<X509Method>(id, *credentials));
    }
    return methods;
}

}  // namespace keyline::auth
