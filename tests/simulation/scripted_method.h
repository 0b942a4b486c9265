// An authentication method for simulations: as many round trips as wanted, failures where wanted, no KDC.
// Both sides get the same secret if and only if they saw the same tokens.
#pragma once

#include <memory>
#include <string>

#include "auth/method.h"
#include "simulation/seeded_random.h"

namespace keyline::simulation {

struct Script {
    auth::MethodId id = auth::MethodId::kKerberos;
    std::string name = "host/a.example.com@EXAMPLE.COM";
    unsigned round_trips = 1;
    std::size_t token_octets = 16;  // random ones, after the name
    // Number of the step that fails, from 1; 0: none. Initiators and acceptors count their own.
    unsigned initiator_fails_at = 0;
    unsigned acceptor_fails_at = 0;
    bool needs_dh = false;
    bool proves_peer = true;
    // A method with several can be tried again with another one (M8); peers refuse the first
    // `bad_credentials`.
    unsigned credentials = 1;
    unsigned bad_credentials = 0;
    // Steps of users' contexts fail as if they had no credentials, from this uid on; 0: none do.
    std::uint32_t users_fail_from = 0;
};

// The names that others than the machine authenticate as.
std::string user_name(std::uint32_t uid);
std::string explicit_name(const std::string& credentials);

class ScriptedMethod final : public auth::Method {
  public:
    ScriptedMethod(Script script, std::uint64_t seed) : script_(std::move(script)), random_(seed) {}

    auth::MethodId id() const override { return script_.id; }
    std::string local_name() const override { return script_.name; }
    bool needs_dh() const override { return script_.needs_dh; }
    std::shared_ptr<auth::Context> initiate(const auth::PeerNames& peer) override;
    std::shared_ptr<auth::Context> accept(const auth::PeerNames& peer) override;
    std::shared_ptr<auth::Context> initiate_as(const auth::Identity& who,
                                               const auth::PeerNames& peer) override;
    bool proves_peer_to(auth::End) const override { return script_.proves_peer; }

  private:
    Script script_;
    SeededRandom random_;
};

}  // namespace keyline::simulation
