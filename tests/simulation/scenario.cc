#include "simulation/scenario.h"

#include <algorithm>
#include <cstdio>

#include "exchange/quick_mode.h"
#include "simulation/middlebox.h"
#include "simulation/pair.h"
#include "simulation/trace.h"
#include "simulation/x509_pair.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;
using policy::DhGroup;
using policy::Encryption;
using policy::EspSuite;
using policy::Integrity;

const std::vector<EspSuite> kSuites = {{Encryption::kAesGcm16, 16, Integrity::kNone},
                                       {Encryption::kAesCbc, 32, Integrity::kHmacSha256_128},
                                       {Encryption::kAesCbc, 16, Integrity::kHmacSha1_96},
                                       {Encryption::kNull, 0, Integrity::kHmacSha256_128}};

// Most seeds do without Diffie-Hellman: it would take most of the time and adds few states.
constexpr double kDiffieHellman = 0.03;
// Certificates cost as much.
constexpr double kCertificates = 0.1;
constexpr std::size_t kLargeMessage = 548;
// The network is bad for less than a message is repeated; after that, every exchange ends by the timers'
// letter.
constexpr auto kTrouble = 20s;
// Longer than any retransmission, overlap and time-out that trouble can leave behind.
constexpr auto kPeace = 400s;
// Longer than any negotiation takes when nothing troubles it.
constexpr auto kLastNegotiation = 120s;

// Made when the first seed wants certificates. Their keys differ from run to run, what befalls them does not.
const test::Pki& pki() {
    static const test::Pki made({kHostA, kHostB});
    return made;
}

class Scenario {
  public:
    Scenario(std::uint64_t seed, policy::Protocol protocol)
        : random_(seed), protocol_(protocol), pair_(wishes(), seed) {}

    Outcome play() {
        pair_.world.network() = {.loss = random_.chance(0.2) ? 0 : 0.5 * share(),
                                 .repetition = 0.3 * share(),
                                 .least_delay = 1ms,
                                 .most_delay = std::chrono::milliseconds(1 + random_.below(3000))};
        note("loss " + std::to_string(pair_.world.network().loss));
        if (random_.chance(0.2)) translate();
        if (protocol_ == policy::Protocol::kIkev1) meddle();
        plan_acquires();
        plan_troubles();
        pair_.world.after(kTrouble, [this] { pair_.world.network() = {}; });
        notice_silence();
        pair_.world.run(kTrouble + kPeace);
        finish_what_runs();
        const bool negotiated = pair_.world.installs() != 0;
        pair_.world.check_rest();
        if (random_.chance(0.3)) shut_down();
        return {pair_.world.violations(), story_, negotiated};
    }

    void trace() {
        pair_.world.watch = [this](const Host& host, const exchange::Report& report) {
            std::puts(to_text(pair_.world.now(), host.name, report).c_str());
        };
    }

  private:
    double share() { return static_cast<double>(random_.below(1000)) / 1000; }
    void note(const std::string& what) { story_ += (story_.empty() ? "" : ", ") + what; }
    std::chrono::milliseconds moment() { return std::chrono::milliseconds(random_.below(20000)); }

    PairWishes wishes() {
        Wishes common;
        const bool normal = random_.chance(0.5);
        common.suites = normal ? kSuites : std::vector<EspSuite>{kSuites[random_.below(kSuites.size())]};
        common.tunnel = random_.chance(0.3);
        common.auth_firewall = !common.tunnel && random_.chance(0.2);
        common.per_port = random_.chance(0.4);
        if (random_.chance(kDiffieHellman)) common.pfs = DhGroup::kEcp256;
        if (random_.chance(0.3)) {
            common.lifetime = {.soft_time = std::chrono::seconds(20 + random_.below(60)),
                               .hard_time = std::chrono::seconds(150 + random_.below(100))};
            short_lifetime_ = true;
            note("short lifetime");
        }
        if (random_.chance(0.1)) common.mm_lifetime = std::chrono::seconds(30 + random_.below(100));
        if (random_.chance(0.05)) common.mm_lifetime_octets = 1024 + random_.below(8192);
        note(normal ? "normal" : "fast");
        if (common.tunnel) note("tunnel");
        if (common.auth_firewall) note("authenticated firewall");
        if (common.per_port) note("per port");
        PairWishes result{.a = common, .b = common, .a_methods = {Script{}}, .b_methods = {Script{}}};
        methods(result);
        for (Wishes* side : {&result.a, &result.b}) {
            if (random_.chance(0.1)) side->key_dictation_weight = 1 + random_.below(3);
        }
        if (random_.chance(0.4)) {
            extended_mode(result);
        } else if (random_.chance(0.1)) {
            users_in_main_mode(result);
        }
        if (random_.chance(0.1)) result.b.suites = {kSuites[random_.below(kSuites.size())]};
        return result;
    }

    void methods(PairWishes& pair) {
        if (protocol_ == policy::Protocol::kIkev1) return pre_shared_keys(pair);
        if (random_.chance(kDiffieHellman)) {
            pair.a.auth = pair.b.auth = {AuthMethod::kAnonymous};
            pair.a.dh_groups = pair.b.dh_groups = {DhGroup::kEcp256};
            return note("anonymous");
        }
        const Script first{.id = auth::MethodId::kKerberos,
                           .round_trips = 1 + static_cast<unsigned>(random_.below(3)),
                           .token_octets = random_.chance(0.2) ? std::size_t{3000} : 16};
        const Script second{.id = auth::MethodId::kTls,
                            .round_trips = 1 + static_cast<unsigned>(random_.below(4))};
        pair.a_methods = pair.b_methods = {first, second};
        if (random_.chance(0.3)) credentials(pair);
        if (random_.chance(0.5)) pair.a.auth = pair.b.auth = {AuthMethod::kKerberos, AuthMethod::kTls};
        if (random_.chance(0.2)) pair.a.auth = {AuthMethod::kTls, AuthMethod::kKerberos};
        if (random_.chance(0.3)) spoil(pair.a_methods[random_.below(2)]);
        if (random_.chance(0.3)) spoil(pair.b_methods[random_.below(2)]);
        if (random_.chance(0.3)) {
            pair.a.remote_principal = "host/b.example.com@EXAMPLE.COM";
            note("known name");
        }
    }

    void credentials(PairWishes& pair) {
        note("several credentials");
        for (Script* script : {&pair.a_methods[1], &pair.b_methods[1]}) {
            script->credentials = 1 + static_cast<unsigned>(random_.below(4));
            script->bad_credentials = static_cast<unsigned>(random_.below(script->credentials + 1));
        }
    }

    // Both want it, or one alone, by methods of which some may be spoilt; users are told apart.
    void extended_mode(PairWishes& pair) {
        const std::vector<AuthMethod> both{AuthMethod::kTls, AuthMethod::kKerberos};
        if (pair.a_methods.size() < 2) return;
        pair.a.extended_auth = random_.chance(0.5) ? both : std::vector{AuthMethod::kTls};
        pair.b.extended_auth = both;
        // A responder that asks for what never comes waits a minute for it. Shorter lifetimes repeat that for
        // ever.
        if (!short_lifetime_ && random_.chance(0.2)) {
            (random_.chance(0.5) ? pair.a : pair.b).extended_auth.clear();
            note("one-sided");
        }
        if (random_.chance(0.6)) users_ = 1 + random_.below(3);
        if (random_.chance(0.2)) pair.a_methods[random_.below(2)].users_fail_from = 1001;
        note("extended mode, " + std::to_string(users_) + " users");
        if (random_.chance(0.2)) explicit_credentials(pair);
    }

    void explicit_credentials(PairWishes& pair) {
        note("explicit credentials");
        pair.a.explicit_em = "backup";
        pair.b.permits_explicit = random_.chance(0.7);
        spoiled_ = spoiled_ || !pair.b.permits_explicit;
    }

    void users_in_main_mode(PairWishes& pair) {
        if (pair.a_methods.size() < 2) return;
        pair.a.users_in_main_mode = users_in_main_mode_ = true;
        users_ = 1 + random_.below(3);
        note("main mode by " + std::to_string(users_) + " users");
    }

    std::uint32_t user() {
        return users_ == 0 ? 0 : static_cast<std::uint32_t>(1000 + random_.below(users_));
    }

    void pre_shared_keys(PairWishes& pair) {
        for (Wishes* wishes : {&pair.a, &pair.b}) {
            wishes->protocols = {protocol_};
            wishes->auth = {AuthMethod::kPreSharedKey};
            wishes->dh_groups = {DhGroup::kEcp256};
        }
        if (random_.chance(0.3)) {
            both_protocols(pair);
        } else if (random_.chance(0.1)) {
            note("differing keys");
            pair.b_keys = "10.0.0.0/8 another secret";
        }
        if (random_.chance(kCertificates)) certificates(pair);
    }

    // Instead of the pre-shared key, or before it.
    void certificates(PairWishes& pair) {
        constexpr AuthMethod kMethods[] = {AuthMethod::kSignature, AuthMethod::kPublicKey,
                                           AuthMethod::kRevisedPublicKey};
        const AuthMethod method = kMethods[random_.below(std::size(kMethods))];
        const bool rsa = method != AuthMethod::kSignature || random_.chance(0.5);
        const bool alone = random_.chance(0.5);
        note("certificates by " + std::string(policy::to_string(method)));
        for (Wishes* wishes : {&pair.a, &pair.b}) {
            const auto psk = std::ranges::find(wishes->auth, AuthMethod::kPreSharedKey);
            alone ? void(*psk = method) : void(wishes->auth.insert(psk, method));
        }
        pair.a.remote_x509_name = kHostB;
        pair.b.remote_x509_name = kHostA;
        pair.a_more = x509_methods(own_certificates(kHostA, kHostB, rsa));
        pair.b_more = x509_methods(own_certificates(kHostB, kHostA, rsa));
    }

    // Bad ones before the good one, or nothing else.
    policy::X509Auth own_certificates(const std::string& host, const std::string& peer, bool rsa) {
        policy::X509Auth settings = x509_settings(pki(), host, peer, rsa ? ".rsa" : "");
        if (rsa || random_.chance(0.5)) return settings;
        note("bad certificates");
        spoiled_ = true;
        if (random_.chance(0.2)) settings.certificates.clear();
        for (const char* bad : {".revoked", ".expired"}) {
            if (settings.certificates.empty() || random_.chance(0.5))
                settings.certificates.insert(settings.certificates.begin(),
                                             {pki().path(host + bad + ".pem"), pki().path(host + ".key")});
        }
        return settings;
    }

    // What old peers and narrow paths do to IKEv1.
    void meddle() {
        const bool draft = random_.chance(0.1);
        const bool commit = random_.chance(0.1);
        if (draft) note("NAT traversal as drafted");
        if (commit) note("Commit flag");
        pair_.world.alter = [draft, commit](exchange::Send& message) {
            if (draft) hide_vendor_id(message, wire::vendor::kRfc3947);
            if (commit) set_commit_flag(message);
        };
        if (!small_ || !random_.chance(0.1)) return;
        note("narrow path");
        pair_.world.swallow = [](const exchange::Send& message) {
            return message.data.size() > kLargeMessage;
        };
    }

    // a may use either protocol, b as well or only one of them.
    void both_protocols(PairWishes& pair) {
        note("both protocols");
        small_ = false;
        for (Wishes* wishes : {&pair.a, &pair.b}) {
            wishes->protocols = {policy::Protocol::kAuthip, policy::Protocol::kIkev1};
            wishes->auth = {AuthMethod::kKerberos, AuthMethod::kPreSharedKey};
            wishes->dh_groups = {DhGroup::kNone, DhGroup::kEcp256};
        }
        if (random_.chance(0.6)) pair.b.protocols.erase(pair.b.protocols.begin() + random_.chance(0.5));
    }

    void spoil(Script& script) {
        note("failing method");
        spoiled_ = true;
        const auto step = static_cast<unsigned>(1 + random_.below(script.round_trips));
        (random_.chance(0.5) ? script.initiator_fails_at : script.acceptor_fails_at) = step;
    }

    void plan_acquires() {
        const std::uint64_t count = 1 + random_.below(4);
        const auto start = std::chrono::milliseconds(random_.below(3000));
        for (std::uint64_t i = 0; i < count; ++i) {
            const bool crossed = random_.chance(0.3);
            const bool at_a = random_.chance(0.6);
            const auto port = static_cast<std::uint16_t>(80 + random_.below(3));
            const auto when = random_.chance(0.5) ? start : moment();
            const std::uint32_t who = user();
            if (at_a || crossed)
                pair_.world.after(when, [this, port, who] { pair_.acquire_at_a(port, who); });
            if (!at_a || crossed) pair_.world.after(when, [this, port] { pair_.acquire_at_b(port); });
        }
    }

    // a goes behind a NAT, which forgets its mappings in the midst of it all. Both hosts talk for ever.
    void translate() {
        note("NAT");
        nat_ = &pair_.world.add_nat(pair_.a, "10.0.9.9");
        auto theirs = std::make_shared<policy::Policy>(*pair_.b.policy);
        policy::Rule& rule = theirs->rules.front();
        rule.selectors.front().remote =
            rule.tunnel ? rule.selectors.front().remote : Prefix::host(nat_->outside());
        if (rule.tunnel) rule.tunnel->remote = nat_->outside();
        for (policy::Peer& peer : theirs->peers)
            peer.addresses = {Prefix::host(nat_->outside())};
        pair_.world.change_policy(pair_.b, std::move(theirs));
        rebinds_ = random_.below(4);
        for (std::uint64_t i = 0; i < rebinds_; ++i) {
            pair_.world.after(moment(), [this] {
                nat_->rebind();
                pair_.world.carry(pair_.a);
            });
        }
        talk();
    }

    void talk() {
        pair_.world.carry(pair_.a);
        pair_.world.carry(pair_.b);
        pair_.world.after(500ms, [this] { talk(); });
    }

    Host& someone() { return random_.chance(0.5) ? pair_.a : pair_.b; }

    void plan_troubles() {
        // Who deletes SAs while the way to the peer is lost cannot tell it.
        const bool may_delete = rebinds_ == 0;
        bool deletes = false;
        if (random_.chance(0.2)) {
            note("soft expiry");
            pair_.world.after(moment(), [this] { expire(someone(), false); });
        }
        if (may_delete && random_.chance(0.1)) {
            note("hard expiry");
            deletes = true;
            pair_.world.after(moment(), [this] { expire(someone(), true); });
        }
        if (may_delete && random_.chance(0.1)) {
            note("down");
            deletes = true;
            Host& host = someone();
            const IpAddress a = nat_ != nullptr ? nat_->outside() : pair_.a.address;
            const IpAddress peer = &host == &pair_.a ? pair_.b.address : a;
            pair_.world.after(moment(), [this, &host, peer] {
                pair_.world.give(host, exchange::AdminDown{1, peer});
            });
        }
        if (may_delete && random_.chance(0.1)) {
            note("policy");
            deletes = true;
            Host& host = someone();
            pair_.world.after(moment(), [this, &host] {
                auto changed = std::make_shared<policy::Policy>(*host.policy);
                changed->rules.front().action = policy::RuleAction::kBypass;
                pair_.world.change_policy(host, std::move(changed));
            });
        }
        // What a restarted host deletes, it cannot tell its peer of; and it must be able to begin, also
        // through a NAT.
        if (nat_ == nullptr && !deletes && !spoiled_ && random_.chance(0.1)) {
            // The initial contact of a machine says nothing of its users' main modes: unanswered traffic
            // does.
            const bool adopt = users_in_main_mode_ || random_.chance(0.5);
            note(adopt ? "restart" : "total loss");
            Host& host = someone();
            pair_.world.after(moment(), [this, &host, adopt] { pair_.world.restart(host, adopt); });
            pair_.world.after(kTrouble, [this, &host] { meet_strays(host); });
        }
    }

    // The other host's traffic goes on.
    void meet_strays(Host& host) {
        const Host& other = &host == &pair_.a ? pair_.b : pair_.a;
        for (const auto& [traffic, spi] : other.datapath.current) {
            if (!host.datapath.inbound.contains(spi))
                pair_.world.give(host, exchange::StrayEsp{host.address, other.address});
        }
    }

    // Nobody answers the last message of an IKEv1 quick mode. If it is lost while the way to its sender is,
    // too, or when either forgets the negotiation, traffic that goes unanswered tells.
    void notice_silence() {
        for (const auto when : {kTrouble + 80s, kTrouble + 140s, kTrouble + 200s}) {
            pair_.world.after(when, [this] {
                for (Host* host : {&pair_.a, &pair_.b})
                    notice_silence(*host);
            });
        }
    }

    void notice_silence(Host& host) {
        std::vector<std::uint32_t> unanswered;
        for (const auto& [key, entry] : host.datapath.outbound) {
            if (!pair_.world.carry(entry)) unanswered.push_back(entry.twin_spi);
        }
        for (const std::uint32_t spi : unanswered)
            pair_.world.give(host, exchange::SaQuiet{.inbound_spi = spi, .unanswered = 2h});
    }

    // Short lifetimes are renewed for ever: the end may fall into a negotiation.
    void finish_what_runs() {
        // The first SA of a quick mode is installed before both hosts know that it is done.
        const auto is_negotiating = [this](const Host& host) {
            return host.keyer->limits().incomplete != 0 ||
                   host.keyer->quick_modes(pair_.world.now()).size() != host.datapath.inbound.size();
        };
        for (auto waited = 0s; waited < kLastNegotiation; waited += 1s) {
            if (!is_negotiating(pair_.a) && !is_negotiating(pair_.b)) return;
            pair_.world.run(1s);
        }
    }

    void expire(Host& host, bool hard) {
        if (host.datapath.outbound.empty()) return;
        const std::uint32_t spi = host.datapath.outbound.begin()->first.first;
        pair_.world.give(host, exchange::SaExpired{policy::Direction::kOutbound, spi, hard});
    }

    void shut_down() {
        note("shutdown");
        Host& host = someone();
        Host& other = &host == &pair_.a ? pair_.b : pair_.a;
        pair_.world.give(host, exchange::Shutdown{});
        pair_.world.run(60s);
        World& world = pair_.world;
        if (!host.shut_down) world.violate(host.name + " never ends its shutdown");
        if (!host.datapath.inbound.empty() || !host.datapath.outbound.empty())
            world.violate("SAs outlive the shutdown");
        // SAs of users that either adopted have no main mode SA any more under which the peer could be told,
        // and only the user can renew them: they end with their lifetime.
        const bool keeps_sas = std::ranges::any_of(other.datapath.outbound, [&](const auto& entry) {
            const std::uint32_t user = entry.second.impersonation_handle;
            const bool adopted_here = other.generation != 0 && exchange::is_peer_user(user);
            const bool adopted_there = host.generation != 0 && users_in_main_mode_ && user != 0;
            return !adopted_here && !adopted_there;
        });
        if (keeps_sas) world.violate(other.name + " keeps SAs of a peer that has shut down");
    }

    SeededRandom random_;
    policy::Protocol protocol_;
    std::string story_;
    bool spoiled_ = false;
    bool short_lifetime_ = false;
    bool small_ = true;  // first messages, which are never sent in fragments
    bool users_in_main_mode_ = false;
    std::uint64_t users_ = 0;  // of host a, beside the machine
    Pair pair_;
    Nat* nat_ = nullptr;
    std::uint64_t rebinds_ = 0;
};

}  // namespace

Outcome play(std::uint64_t seed, policy::Protocol protocol, bool trace) {
    Scenario scenario(seed, protocol);
    if (trace) scenario.trace();
    return scenario.play();
}

}  // namespace keyline::simulation
