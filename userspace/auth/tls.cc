#include "auth/tls.h"

#include <utility>

#include "auth/tls_credentials.h"
#include "auth/tls_handshake.h"

namespace keyline::auth {

std::expected<std::shared_ptr<TlsMethod>, std::string> TlsMethod::make(
    const policy::TlsAuth& settings, const std::string& machine_name,
    const std::vector<policy::Credentials>& others) {
    auto credentials = tls::Credentials::load(settings);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    const auto& certificates = (*credentials)->certificates();
    std::string name = certificates.empty() ? machine_name : "host/" + certificates.front().name;
    std::shared_ptr<TlsMethod> method(new TlsMethod(*std::move(credentials), std::move(name)));
    for (const policy::Credentials& entry : others) {
        if (entry.certificates.empty()) continue;
        auto other = method->credentials_->with_user_certificates(entry.certificates);
        if (!other) return std::unexpected(std::move(other.error()));
        method->others_.add(entry.name, entry.uid, *std::move(other));
    }
    return method;
}

TlsMethod::TlsMethod(std::shared_ptr<const tls::Credentials> credentials, std::string local_name)
    : credentials_(std::move(credentials)), local_name_(std::move(local_name)) {}

std::shared_ptr<Context> TlsMethod::initiate(const PeerNames& peer) {
    return std::make_shared<tls::Handshake>(credentials_, tls::Role::kClient, peer);
}

std::shared_ptr<Context> TlsMethod::accept(const PeerNames& peer) {
    return std::make_shared<tls::Handshake>(credentials_, tls::Role::kServer, peer);
}

std::shared_ptr<Context> TlsMethod::initiate_as(const Identity& who, const PeerNames& peer) {
    auto credentials = others_.find(who);
    if (credentials == nullptr) return without_credentials("TLS", who);
    return std::make_shared<tls::Handshake>(std::move(credentials), tls::Role::kClient, peer);
}

bool TlsMethod::proves_peer_to(End end) const { return end == End::kInitiator || credentials_->mutual(); }

}  // namespace keyline::auth
