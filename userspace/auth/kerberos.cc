#include "auth/kerberos.h"

#include <utility>

#include "auth/ending_context.h"
#include "auth/kerberos_credentials.h"
#include "auth/kerberos_failure.h"
#include "auth/principal.h"
#include "auth/user_tickets.h"

namespace keyline::auth {
namespace {

constexpr OM_uint32 kFlags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG;

// The part both roles share: the GSS-API context and what it has proved once it is complete.
class KerberosContext : public EndingContext {
  protected:
    KerberosContext() : EndingContext("Kerberos") {}

    // Who is at this end of a complete context. The library takes long for a name, so one is asked for at a
    // time.
    std::expected<std::string, Failure> name_of(End end) const {
        gss::Name name;
        OM_uint32 minor = 0;
        const OM_uint32 major = gss_inquire_context(
            &minor, context_.get(), end == End::kInitiator ? name.out() : nullptr,
            end == End::kAcceptor ? name.out() : nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
        if (GSS_ERROR(major)) return std::unexpected(explain("Kerberos", gss::make_error(major, minor)));
        auto text = gss::display_name(name.get());
        if (!text) return std::unexpected(explain("Kerberos", text.error()));
        return *std::move(text);
    }

    // A complete context's result, with the secret.
    StepResult complete(Bytes token, std::string peer) {
        auto key = gss::session_key(context_, gss::kerberos_mechanism());
        if (!key) return explain("Kerberos, session key", key.error()).result();
        StepResult result{
            .token = std::move(token), .complete = true, .secret = *std::move(key), .peer = std::move(peer)};
        if (result.secret.empty()) {
            return Failure{SecStatus::kInternalError,
                           "Kerberos: the library gave no session key: install MIT Kerberos 1.20 or later"}
                .result();
        }
        return result;
    }

    static StepResult lacks_flags(OM_uint32 flags, const std::string& activity) {
        const char* what = (flags & GSS_C_MUTUAL_FLAG) == 0 ? "mutual authentication" : "confidentiality";
        return Failure{SecStatus::kMutualAuthFailed,
                       activity + ": the peer did without " + what + ": it does not follow MS-AIPS 2.2.3.1"}
            .result();
    }

    gss::SecurityContext context_;
};

class Initiator final : public KerberosContext {
  public:
    Initiator(std::shared_ptr<TicketSource> tickets, std::string peer)
        : tickets_(std::move(tickets)),
          peer_(std::move(peer)),
          activity_("Kerberos, with " + tickets_->initiates_with() + ", to " +
                    (peer_.empty() ? "a peer without a name" : printable(peer_))) {}

    // The peer may have refused the ticket because its key has changed.
    ~Initiator() override {
        if (waiting_) tickets_->forget_ticket(peer_);
    }

    bool may_wait() const override { return true; }

  private:
    StepResult advance(ByteView token) override {
        if (!started_) {
            if (auto failure = start()) return failure->result();
            started_ = true;
        }
        gss_buffer_desc input = gss::input_buffer(token);
        gss::OutputBuffer output;
        OM_uint32 minor = 0;
        OM_uint32 flags = 0;
        const OM_uint32 major = gss_init_sec_context(
            &minor, own_.get(), context_.out(), target_.get(), gss::kerberos_mechanism(), kFlags, 0,
            GSS_C_NO_CHANNEL_BINDINGS, token.empty() ? GSS_C_NO_BUFFER : &input, nullptr, output.out(),
            &flags, nullptr);
        if (GSS_ERROR(major)) return explain(activity_, gss::make_error(major, minor)).result();
        Bytes answer(output.view().begin(), output.view().end());
        waiting_ = (major & GSS_S_CONTINUE_NEEDED) != 0;
        if (waiting_) return {.token = std::move(answer)};

        if ((flags & kFlags) != kFlags) return lacks_flags(flags, activity_);
        const auto proved = name_of(End::kAcceptor);
        if (!proved) return proved.error().result();
        const auto asked = gss::display_name(target_.get());
        if (!asked || *proved != *asked) {
            return Failure{SecStatus::kWrongPrincipal, activity_ + ": the peer proved to be " +
                                                           printable(*proved) +
                                                           ": correct the peer's name or its address"}
                .result();
        }
        return complete(std::move(answer), *proved);
    }

    std::optional<Failure> start() {
        if (!is_host_principal(peer_)) {
            return Failure{
                SecStatus::kTargetUnknown,
                activity_ + ": that is no host's principal: expected host/NAME@REALM or NAME$@REALM"};
        }
        auto target = gss::import_principal(peer_);
        if (!target) return explain(activity_, target.error());
        target_ = *std::move(target);
        auto own = tickets_->to_initiate();
        if (!own) return explain(activity_, own.error());
        own_ = *std::move(own);
        return std::nullopt;
    }

    const std::shared_ptr<TicketSource> tickets_;
    const std::string peer_;
    const std::string activity_;
    gss::Name target_;
    gss::Credentials own_;
    bool started_ = false;
    bool waiting_ = false;  // a token went out and the answer has not come
};

class Acceptor final : public KerberosContext {
  public:
    explicit Acceptor(std::shared_ptr<KerberosCredentials> credentials)
        : credentials_(std::move(credentials)) {}

  private:
    StepResult advance(ByteView token) override {
        const std::string activity = "Kerberos, keytab " + printable(credentials_->keytab());
        const auto own = credentials_->to_accept();
        if (!own) return explain(activity, own.error()).result();

        gss_buffer_desc input = gss::input_buffer(token);
        gss::OutputBuffer output;
        gss_OID mechanism = GSS_C_NO_OID;
        OM_uint32 minor = 0;
        OM_uint32 flags = 0;
        const OM_uint32 major =
            gss_accept_sec_context(&minor, context_.out(), own->get(), &input, GSS_C_NO_CHANNEL_BINDINGS,
                                   nullptr, &mechanism, output.out(), &flags, nullptr, nullptr);
        if (GSS_ERROR(major)) {
            // The library looks for credentials of the token's mechanism, and there are only those of
            // Kerberos.
            const bool other_mechanism = GSS_ROUTINE_ERROR(major) == GSS_S_NO_CRED && minor == 0;
            return explain(activity, gss::make_error(other_mechanism ? GSS_S_BAD_MECH : major, minor))
                .result();
        }
        Bytes answer(output.view().begin(), output.view().end());
        if ((major & GSS_S_CONTINUE_NEEDED) != 0) return {.token = std::move(answer)};

        if (!gss::is_kerberos(mechanism)) {
            return Failure{SecStatus::kInvalidToken,
                           activity + ": the token is another mechanism's: the peer is broken"}
                .result();
        }
        if ((flags & kFlags) != kFlags) return lacks_flags(flags, activity);
        const auto asked = name_of(End::kAcceptor);
        if (!asked) return asked.error().result();
        if (!is_host_principal(*asked)) {
            return Failure{SecStatus::kWrongPrincipal,
                           activity + ": the ticket is for " + printable(*asked) +
                               ", no host's principal: correct this host's name at the peer"}
                .result();
        }
        const auto proved = name_of(End::kInitiator);
        if (!proved) return proved.error().result();
        return complete(std::move(answer), *proved);
    }

    const std::shared_ptr<KerberosCredentials> credentials_;
};

}  // namespace

std::expected<std::shared_ptr<KerberosMethod>, std::string> KerberosMethod::make(
    const policy::KerberosAuth& settings, const std::vector<policy::Credentials>& others) {
    auto credentials = KerberosCredentials::load(settings);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    std::shared_ptr<KerberosMethod> method(new KerberosMethod(*std::move(credentials)));
    for (const policy::Credentials& entry : others) {
        if (!entry.kerberos) continue;
        auto other = KerberosCredentials::load(*entry.kerberos);
        if (!other) return std::unexpected("auth.credentials \"" + entry.name + "\": " + other.error());
        method->others_.add(entry.name, entry.uid, *std::move(other));
    }
    return method;
}

KerberosMethod::KerberosMethod(std::shared_ptr<KerberosCredentials> credentials)
    : credentials_(std::move(credentials)) {}

KerberosMethod::~KerberosMethod() = default;

std::string KerberosMethod::local_name() const { return credentials_->principal(); }

std::shared_ptr<Context> KerberosMethod::initiate(const PeerNames& peer) {
    return std::make_shared<Initiator>(credentials_, peer.best());
}

std::shared_ptr<Context> KerberosMethod::accept(const PeerNames&) {
    return std::make_shared<Acceptor>(credentials_);
}

std::shared_ptr<Context> KerberosMethod::initiate_as(const Identity& who, const PeerNames& peer) {
    std::shared_ptr<TicketSource> tickets = others_.find(who);
    if (tickets == nullptr && !who.credentials.empty()) return without_credentials("Kerberos", who);
    if (tickets == nullptr) tickets = std::make_shared<UserTickets>(credentials_->user_cache(), who.uid);
    return std::make_shared<Initiator>(std::move(tickets), peer.best());
}

}  // namespace keyline::auth
