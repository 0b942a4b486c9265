#include "auth/ntlm.h"

#include <strings.h>

#include <cstring>
#include <utility>

#include "auth/ending_context.h"
#include "auth/ntlm_credentials.h"

namespace keyline::auth {
namespace {

// Asked for or not, NTLM cannot authenticate a responder: GSS_C_MUTUAL_FLAG MUST NOT be set (2.2.3.1).
constexpr OM_uint32 kFlags = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

Failure explain(const std::string& activity, const gss::Error& error, const std::string& account_remedy) {
    const auto failure = [&](SecStatus status, const std::string& remedy) {
        return Failure{status, activity + ": " + error.text + ": " + remedy};
    };
    switch (GSS_ROUTINE_ERROR(error.major)) {
        case GSS_S_DEFECTIVE_TOKEN:
        case GSS_S_NO_CONTEXT:
            return failure(SecStatus::kInvalidToken,
                           "the peer does not speak NTLM here, or the token was altered");
        case GSS_S_BAD_MECH:
            return failure(SecStatus::kUnsupportedFunction, "install gss-ntlmssp");
        default:
            return failure(SecStatus::kLogonDenied, account_remedy);
    }
}

// The part both roles share.
class NtlmContext : public EndingContext {
  protected:
    NtlmContext(std::shared_ptr<const ntlm::Credentials> credentials, std::string activity)
        : EndingContext("NTLM"), credentials_(std::move(credentials)), activity_(std::move(activity)) {}

    StepResult complete(Bytes token, std::string peer) {
        auto key = gss::session_key(context_, ntlm::mechanism());
        if (!key || key->empty()) {
            return Failure{SecStatus::kInternalError,
                           activity_ + ": the library gave no session key: install gss-ntlmssp 1.2 or later"}
                .result();
        }
        return {
            .token = std::move(token), .complete = true, .secret = *std::move(key), .peer = std::move(peer)};
    }

    const std::shared_ptr<const ntlm::Credentials> credentials_;
    const std::string activity_;
    gss::SecurityContext context_;
};

class Initiator final : public NtlmContext {
  public:
    // `account` is null on a host that only responds.
    Initiator(std::shared_ptr<const ntlm::Credentials> credentials,
              std::shared_ptr<const ntlm::Account> account)
        : NtlmContext(std::move(credentials),
                      "NTLM, with " + (account == nullptr ? "no account" : printable(account->name))),
          account_(std::move(account)) {}

  private:
    StepResult advance(ByteView token) override {
        const std::string remedy = "correct the account's user, domain and password in [auth]";
        if (account_ == nullptr) {
            return Failure{SecStatus::kNoCredentials,
                           activity_ + ": this host only responds: set auth.ntlm.user and password"}
                .result();
        }
        gss_buffer_desc input = gss::input_buffer(token);
        gss::OutputBuffer output;
        OM_uint32 minor = 0;
        const OM_uint32 major = gss_init_sec_context(
            &minor, account_->credentials.get(), context_.out(), credentials_->target(), ntlm::mechanism(),
            kFlags, 0, GSS_C_NO_CHANNEL_BINDINGS, token.empty() ? GSS_C_NO_BUFFER : &input, nullptr,
            output.out(), nullptr, nullptr);
        if (GSS_ERROR(major)) {
            return explain(activity_, gss::make_error(major, minor, ntlm::mechanism()), remedy).result();
        }
        Bytes answer(output.view().begin(), output.view().end());
        if ((major & GSS_S_CONTINUE_NEEDED) != 0) return {.token = std::move(answer)};
        return complete(std::move(answer), {});
    }

    const std::shared_ptr<const ntlm::Account> account_;
};

// An AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3) whose NtChallengeResponse is that of version 1.
bool is_version_1(ByteView token) {
    constexpr std::size_t kMessageType = 8;
    constexpr std::size_t kResponseLength = 20;  // octets, little-endian like all of NTLM
    constexpr std::size_t kVersion1Octets = 24;
    if (token.size() < kResponseLength + 2 || token[kMessageType] != 3) return false;
    return (token[kResponseLength] | token[kResponseLength + 1] << 8) <= static_cast<int>(kVersion1Octets);
}

class Acceptor final : public NtlmContext {
  public:
    Acceptor(std::shared_ptr<const ntlm::Credentials> credentials, std::string wanted)
        : NtlmContext(credentials, "NTLM, accounts of " + printable(credentials->looked_up_in())),
          wanted_(std::move(wanted)) {}

    bool may_wait() const override { return credentials_->by_winbind(); }

  private:
    StepResult advance(ByteView token) override {
        if (token.empty()) {
            return Failure{SecStatus::kInvalidToken,
                           activity_ + ": the peer's token is empty: the peer does not speak NTLM here"}
                .result();
        }
        if (is_version_1(token)) {
            return Failure{SecStatus::kLogonDenied,
                           activity_ + ": the peer uses NTLM version 1: let it use version 2"}
                .result();
        }
        gss_buffer_desc input = gss::input_buffer(token);
        gss::OutputBuffer output;
        gss::Name name;
        OM_uint32 minor = 0;
        const OM_uint32 major = gss_accept_sec_context(&minor, context_.out(), credentials_->accepting(),
                                                       &input, GSS_C_NO_CHANNEL_BINDINGS, name.out(), nullptr,
                                                       output.out(), nullptr, nullptr, nullptr);
        if (GSS_ERROR(major)) {
            const std::string remedy =
                credentials_->by_winbind()
                    ? "unknown account, wrong password, or winbind does not run"
                    : "unknown account or wrong password: compare auth.ntlm of both sides";
            return explain(activity_, gss::make_error(major, minor, ntlm::mechanism()), remedy).result();
        }
        Bytes answer(output.view().begin(), output.view().end());
        if ((major & GSS_S_CONTINUE_NEEDED) != 0) return {.token = std::move(answer)};
        return accept(std::move(answer), name.get());
    }

    StepResult accept(Bytes answer, gss_name_t name) {
        auto account = gss::display_name(name);
        if (!account) return explain(activity_, account.error(), "correct auth.ntlm.accounts").result();
        account->resize(std::strlen(account->c_str()));  // the library counts the final zero too
        // Names of accounts know no case.
        if (!wanted_.empty() && strcasecmp(account->c_str(), wanted_.c_str()) != 0) {
            return Failure{SecStatus::kWrongPrincipal,
                           activity_ + ": the peer proved to be " + printable(*account) +
                               ": correct ntlm_account of the [[peer]], or its address"}
                .result();
        }
        return complete(std::move(answer), wanted_.empty() ? *std::move(account) : wanted_);
    }

    const std::string wanted_;
};

}  // namespace

std::expected<std::shared_ptr<NtlmMethod>, std::string> NtlmMethod::make(
    const policy::NtlmAuth& settings, const std::string& machine_name,
    const std::vector<policy::Credentials>& others) {
    const std::string host = machine_name.substr(machine_name.find('/') + 1);
    auto credentials = ntlm::Credentials::load(settings, host);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    std::shared_ptr<NtlmMethod> method(new NtlmMethod(*std::move(credentials), machine_name));
    for (const policy::Credentials& entry : others) {
        if (!entry.ntlm) continue;
        auto account = ntlm::load_account(*entry.ntlm, "auth.credentials.ntlm");
        if (!account) return std::unexpected(std::move(account.error()));
        method->others_.add(entry.name, entry.uid, *std::move(account));
    }
    return method;
}

NtlmMethod::NtlmMethod(std::shared_ptr<const ntlm::Credentials> credentials, std::string machine_name)
    : credentials_(std::move(credentials)), machine_name_(std::move(machine_name)) {}

std::shared_ptr<Context> NtlmMethod::initiate(const PeerNames&) {
    return std::make_shared<Initiator>(credentials_, credentials_->account());
}

std::shared_ptr<Context> NtlmMethod::initiate_as(const Identity& who, const PeerNames&) {
    auto account = others_.find(who);
    if (account == nullptr) return without_credentials("NTLM", who);
    return std::make_shared<Initiator>(credentials_, std::move(account));
}

std::shared_ptr<Context> NtlmMethod::accept(const PeerNames& peer) {
    return std::make_shared<Acceptor>(credentials_, peer.wanted);
}

}  // namespace keyline::auth
