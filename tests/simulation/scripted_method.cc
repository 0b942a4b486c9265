#include "simulation/scripted_method.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"

namespace keyline::simulation {
namespace {

constexpr std::uint32_t kLogonDenied = 0x8009030C;
const std::string kBadCredential = "a bad credential";
constexpr std::uint32_t kTargetUnknown = 0x80090303;

// Tokens are a name, a zero octet, and randomness; the secret is the hash of all of them.
class ScriptedContext final : public auth::Context {
  public:
    ScriptedContext(Script script, bool initiator, std::string wanted, std::uint64_t seed,
                    unsigned credential = 0)
        : script_(std::move(script)),
          initiator_(initiator),
          wanted_(std::move(wanted)),
          random_(seed),
          credential_(credential) {}

    auth::StepResult step(const auth::StepInput& input) override {
        ++steps_;
        const unsigned fails_at = initiator_ ? script_.initiator_fails_at : script_.acceptor_fails_at;
        if (steps_ == fails_at) return {.status = kLogonDenied, .failure = "the script says so"};
        if (!input.token.empty()) {
            peer_.assign(input.token.begin(), std::find(input.token.begin(), input.token.end(), 0));
            append(seen_, input.token);
        }
        if (peer_ == kBadCredential) {
            refused_peer_ = true;
            return {.status = kLogonDenied,
                    .failure = "the peer's credential is bad",
                    .retry = script_.credentials > 1};
        }
        if (initiator_ && steps_ > 1 && !wanted_.empty() && peer_ != wanted_) {
            return {.status = kTargetUnknown, .failure = "the peer is " + peer_ + ", not " + wanted_};
        }
        const bool complete = steps_ == script_.round_trips + (initiator_ ? 1 : 0);
        auth::StepResult result{.complete = complete};
        if (!(initiator_ && complete)) {
            append(result.token,
                   as_bytes(credential_ < script_.bad_credentials ? kBadCredential : script_.name));
            result.token.push_back(0);
            for (std::size_t i = 0; i < script_.token_octets; ++i)
                result.token.push_back(static_cast<std::uint8_t>(random_.next()));
            append(seen_, result.token);
        }
        if (complete) {
            result.secret = Secret::copy_of(crypto::hash(crypto::HashAlgorithm::kSha256, {seen_}));
            if (script_.proves_peer) result.peer = peer_;
        }
        return result;
    }

    std::shared_ptr<auth::Context> retry(auth::Retry retry) override {
        if (script_.credentials == 1) return nullptr;
        unsigned credential = credential_;
        if (retry == auth::Retry::kOwnCredential) ++credential;
        if (initiator_ && credential == script_.credentials) return nullptr;
        if (initiator_ && retry == auth::Retry::kPeerCredential && !refused_peer_) return nullptr;
        return std::make_shared<ScriptedContext>(script_, initiator_, wanted_, random_.next(),
                                                 credential % script_.credentials);
    }

  private:
    Script script_;
    bool initiator_;
    std::string wanted_;
    SeededRandom random_;
    unsigned credential_;
    bool refused_peer_ = false;
    unsigned steps_ = 0;
    std::string peer_;
    Bytes seen_;
};

}  // namespace

std::shared_ptr<auth::Context> ScriptedMethod::initiate(const auth::PeerNames& peer) {
    return std::make_shared<ScriptedContext>(script_, true, peer.best(), random_.next());
}

std::shared_ptr<auth::Context> ScriptedMethod::accept(const auth::PeerNames&) {
    return std::make_shared<ScriptedContext>(script_, false, "", random_.next());
}

std::shared_ptr<auth::Context> ScriptedMethod::initiate_as(const auth::Identity& who,
                                                           const auth::PeerNames& peer) {
    Script script = script_;
    const bool of_user = who.credentials.empty();
    script.name = of_user ? user_name(who.uid) : explicit_name(who.credentials);
    if (of_user && script.users_fail_from != 0 && who.uid >= script.users_fail_from)
        script.initiator_fails_at = 1;
    return std::make_shared<ScriptedContext>(script, true, peer.best(), random_.next());
}

std::string explicit_name(const std::string& credentials) { return credentials + "@EXAMPLE.COM"; }

std::string user_name(std::uint32_t uid) { return "user-" + std::to_string(uid) + "@EXAMPLE.COM"; }

}  // namespace keyline::simulation
