#include "simulation/x509_pair.h"

#include <stdexcept>

namespace keyline::simulation {

policy::X509Auth x509_settings(const test::Pki& pki, const std::string& host, const std::string& peer,
                               const std::string& kind) {
    return {.certificates = {{pki.path(host + kind + ".pem"), pki.path(host + kind + ".key")}},
            .ca = {pki.path("ca.pem")},
            .crl = {pki.path("crl.pem")},
            .peer_certificates = {pki.path(peer + ".rsa.pem")}};
}

std::vector<std::shared_ptr<auth::Method>> x509_methods(const policy::X509Auth& settings) {
    const auto credentials = auth::X509Credentials::load(settings);
    if (!credentials) throw std::runtime_error(credentials.error());
    std::vector<std::shared_ptr<auth::Method>> methods;
    for (const auto id :
         {auth::MethodId::kSignature, auth::MethodId::kPublicKey, auth::MethodId::kRevisedPublicKey})
        methods.push_back(std::make_shared<auth::X509Method>(id, *credentials));
    return methods;
}

PairWishes x509_wishes(policy::AuthMethod method, const policy::X509Auth& a, const policy::X509Auth& b) {
    PairWishes wishes = both(
        {.auth = {method}, .dh_groups = {policy::DhGroup::kEcp256}, .protocols = {policy::Protocol::kIkev1}});
    wishes.a.remote_x509_name = kHostB;
    wishes.b.remote_x509_name = kHostA;
    wishes.a_more = x509_methods(a);
    wishes.b_more = x509_methods(b);
    return wishes;
}

}  // namespace keyline::simulation
