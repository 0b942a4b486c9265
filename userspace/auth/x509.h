// IKEv1's methods with certificates: signatures (RFC 2409 5.1, RFC 4754), public key encryption and its
// revision (5.2, 5.3).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/ikev1_method.h"
#include "auth/x509_credentials.h"

namespace keyline::auth {

// The three differ in what IKEv1 does with the same certificates.
class X509Method final : public Ikev1Method {
  public:
    X509Method(MethodId id, std::shared_ptr<const X509Credentials> credentials)
        : id_(id), credentials_(std::move(credentials)) {}

    MethodId id() const override { return id_; }
    std::string local_name() const override { return "x509"; }
    const std::shared_ptr<const X509Credentials>& credentials() const { return credentials_; }

  private:
    const MethodId id_;
    const std::shared_ptr<const X509Credentials> credentials_;
};

}  // namespace keyline::auth
