#include "auth/tls.h"

#include <utility>

#include "auth/tls_credentials.h"
#include "auth/tls_handshake.h"

namespace keyline::auth {

std::expected<std::shared_ptr<TlsMethod>, std::string> TlsMethod::make(const policy::TlsAuth& settings,
                                                                       const std::string& machine_name) {
    auto credentials = tls::Credentials::load(settings);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    const auto& certificates = (*credentials)->certificates();
    std::string name = certificates.empty() ? machine_name : "host/" + certificates.front().name;
    return std::shared_ptr<TlsMethod>(new TlsMethod(*std::move(credentials), std::move(name)));
}

TlsMethod::TlsMethod(std::shared_ptr<const tls::Credentials> credentials, std::string local_name)
    : credentials_(std::move(credentials)), local_name_(std::move(local_name)) {}

std::shared_ptr<Context> TlsMethod::initiate(const PeerNames& peer) {
    return std::make_shared<tls::Handshake>(credentials_, tls::Role::kClient, peer);
}

std::shared_ptr<Context> TlsMethod::accept(const PeerNames& peer) {
    return std::make_shared<tls::Handshake>(credentials_, tls::Role::kServer, peer);
}

}  // namespace keyline::auth
