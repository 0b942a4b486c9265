// What is behind Keyer: the databases, and how events reach the exchanges and their results the databases.
// One file per kind of event.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "authip/dos_cookie.h"
#include "exchange/event.h"
#include "exchange/fragmentation.h"
#include "exchange/host.h"
#include "exchange/snapshot.h"
#include "keyer/quick_mode_table.h"
#include "keyer/session_table.h"

namespace keyline::keyer {

class Engine final : public exchange::Host {
  public:
    Engine(std::shared_ptr<const policy::Policy> policy, std::vector<std::shared_ptr<auth::Method>> methods,
           crypto::RandomSource& random);

    exchange::Actions handle(exchange::Event event, exchange::Instant now);

    const exchange::Counters& counters() const { return counters_; }
    std::vector<exchange::MmSnapshot> main_modes(exchange::Instant now) const;
    std::vector<exchange::QmSnapshot> quick_modes(exchange::Instant now) const;
    exchange::LimitsSnapshot limits() const;

    // exchange::Host
    exchange::Instant now() const override { return now_; }
    crypto::RandomSource& random() override { return random_; }
    const policy::Lookup& lookup() const override { return *lookup_; }
    auth::Method* method(auth::MethodId id) const override;
    void act(exchange::Action action) override { actions_.push_back(std::move(action)); }
    void count(exchange::Reason reason) override { counters_.count(reason); }
    bool shutting_down() const override { return shutting_down_; }
    wire::Cookie new_initiator_cookie(const IpAddress& remote) override {
        return dos_cookies_.new_initiator_cookie(now_, remote);
    }
    std::uint32_t new_spi() override;
    std::uint16_t new_fragment_id() override { return ++fragment_id_; }
    void release_spi(std::uint32_t spi) override { spis_.erase(spi); }
    void start_step(exchange::MmSa& sa, std::shared_ptr<auth::Context> context,
                    auth::StepInput input) override;
    void mm_established(exchange::MmSa& sa) override;
    void mm_closing(exchange::MmSa& sa) override;
    void mm_ended(exchange::MmSa& sa, const std::string& text) override;
    void qm_established(exchange::MmSa& sa, exchange::QmSa qm, const exchange::QmRequest* request) override;
    void qm_failed(exchange::MmSa& sa, exchange::QmRequest request, const std::string& text) override;
    void qm_deleted_by_peer(exchange::MmSa& sa, std::uint32_t message_id) override;
    void qm_deleted_by_spi(exchange::MmSa& sa, std::uint32_t outbound_spi) override;
    std::size_t live_quick_modes(const exchange::MmSa& sa) const override;
    bool has_sa_with(const IpAddress& remote) const override;
    bool sends_under(const IpAddress& remote, std::uint32_t spi) const override;
    bool has_quick_mode(const exchange::MmSa& sa, std::uint32_t message_id) const override;
    std::uint32_t handle_of_user(const std::string& name) override;
    void asked_to_acquire(exchange::MmSa& sa, const policy::Selector& selector, policy::Mode mode,
                          bool guarantee_encryption) override;
    void peer_moved(exchange::MmSa& sa, const Endpoint& remote) override;

  private:
    // A quick mode that the peer is to begin, or has begun, under this main mode SA.
    struct Expected {
        exchange::QmRequest request;
        std::uint64_t mm = 0;
        exchange::Instant give_up{};
        bool asked = false;  // for it (item 31); else the peer has begun by itself
    };
    // The other protocol's attempt for the same peer.
    struct Beside {
        std::uint64_t other = 0;
        std::string failure;  // of the other one, once it has ended
    };
    enum class Notify : std::uint8_t { kPeer, kNobody };

    // datagrams.cc
    void on(exchange::DatagramReceived& event);
    exchange::Session* find_session(const wire::Header& header, const IpAddress& remote);
    void receive_fragment(exchange::Session& session, const exchange::DatagramReceived& datagram,
                          const wire::Header& header);
    void new_responder(const exchange::DatagramReceived& datagram, const wire::Header& header);
    bool admits(const exchange::DatagramReceived& datagram, const wire::Header& header);
    bool begins_anew(const exchange::Session& session, const exchange::DatagramReceived& datagram,
                     const wire::Header& header);
    void drop(exchange::Reason reason, const Endpoint& remote, std::string text = {});
    void on(exchange::AuthStepDone& event);

    // attempts.cc: main modes in the place of others.
    bool try_again(exchange::Session& ended);

    // coexistence.cc: AuthIP and IKEv1 with one peer.
    void set_beside(exchange::Session& authip, exchange::Session& ikev1);
    void decide_beside(exchange::Session& session);
    void end_beside(exchange::MmSa& sa, const std::string& text);
    void replace_beside(std::uint64_t former, std::uint64_t next);

    // dos_protection.cc
    void protect_from_flood();

    // moves.cc
    void on(exchange::PeerMoved& event);
    void move_quick_mode(exchange::QmSa& qm, const Endpoint& remote);

    // requests.cc: quick modes wanted.
    void on(exchange::Acquire& event);
    void want(exchange::QmRequest request);
    bool merge(exchange::QmRequest& request);
    bool carries(const exchange::Session& session, const exchange::QmRequest& request) const;
    exchange::Session* usable_session(const exchange::QmRequest& request);
    exchange::Session* one_way_session(const exchange::QmRequest& request);
    void start_session(exchange::QmRequest request);
    exchange::Session& add_initiator(policy::Protocol protocol, const exchange::Traffic& traffic,
                                     bool suspect);
    void fail(const exchange::QmRequest& request, const std::string& text);
    void succeed(const exchange::QmRequest& request);
    void want_again(std::vector<exchange::QmRequest> requests);

    // expected.cc: quick modes that the peer is to begin, or has begun.
    void ask_peer(exchange::Session& session, exchange::QmRequest request);
    bool await_peer(exchange::QmRequest& request);
    std::optional<exchange::Instant> awaited_until(const exchange::Session& session,
                                                   const exchange::QmRequest& request);
    void serve_expected(const exchange::QmSa& qm);
    void review_expected(const exchange::Session& session);
    void want_asked_again(const exchange::MmSa& sa);
    void give_up_expected();
    exchange::Instant next_expected() const;

    // lifetimes.cc
    void on(exchange::TimerExpired& event);
    void on(exchange::SaExpired& event);
    void expire_quick_mode(exchange::QmSa& qm);
    void end_of_life(const exchange::QmSa& qm);
    bool has_successor(const exchange::QmSa& qm);
    void rekey(exchange::QmSa& qm);
    void supersede_older(const exchange::QmSa& qm);
    void remove_quick_mode(std::uint64_t id, const std::string& reason, Notify notify);

    // failover.cc: peers that have died or lost their SAs.
    void on(exchange::SaQuiet& event);
    void on(exchange::StrayEsp& event);
    void meet_stray(const IpAddress& local, const IpAddress& remote);
    void suspect(exchange::QmSa& qm);
    void suspect_quick_modes_of(const exchange::MmSa& sa);
    void bury(const exchange::Traffic& traffic);
    void replace_former(const exchange::Session& fresh);

    // admin.cc
    void on(exchange::AdminUp& event);
    void on(exchange::AdminDown& event);
    void on(exchange::AddressGone& event);
    void on(exchange::PolicyChanged& event);
    void on(exchange::SasAdopted& event);
    void on(exchange::Shutdown& event);
    std::optional<exchange::Traffic> traffic_with(const IpAddress& peer,
                                                  const std::optional<IpAddress>& local) const;
    void delete_session(exchange::Session& session, exchange::Deletion why, const std::string& text);
    bool still_allowed(const exchange::Session& session, const IpAddress& remote) const;
    bool still_allowed(const exchange::QmSa& qm) const;

    // engine.cc
    // The keyer makes no other main mode SAs.
    static exchange::Session& session_of(exchange::MmSa& sa) { return static_cast<exchange::Session&>(sa); }
    void touch(const exchange::MmSa& sa) { touched_.insert(sa.name.id); }
    void settle();
    void settle(exchange::Session& session);
    void arm();
    void limit_deleted(const exchange::Session& session);

    std::unique_ptr<policy::Lookup> lookup_;
    std::vector<std::shared_ptr<auth::Method>> methods_;
    crypto::RandomSource& random_;
    authip::DosCookies dos_cookies_;
    bool dos_protection_ = false;
    exchange::Instant cookies_turn_ =
        exchange::kNever;  // while protected: the secrets given out are good until then
    exchange::Counters counters_;

    exchange::Instant now_{};
    exchange::Actions actions_;
    exchange::Instant armed_ = exchange::kNever;

    SessionTable sessions_;
    exchange::Reassembly reassembly_;
    std::uint16_t fragment_id_ = 0;
    QuickModeTable quick_modes_;
    std::map<std::string, std::uint32_t> peer_users_;  // by proved name
    std::unordered_set<std::uint32_t> spis_;           // inbound, of SAs and of negotiations
    std::map<std::uint64_t, Beside> beside_;           // unfinished initiators
    std::map<std::uint64_t, std::uint64_t>
        steps_;  // running authentication steps: the SA that waits for each
    std::uint64_t next_step_ = 1;
    std::deque<Expected> expected_;
    std::deque<exchange::QmRequest>
        homeless_;                        // lost their main mode SA in this event; wanted again after it
    std::deque<std::uint64_t> suspects_;  // quick modes to negotiate anew after this event
    std::deque<std::uint64_t> initial_contacts_;  // new main mode SAs of peers that had no other
    std::set<std::uint64_t> touched_;             // SAs to settle after this event
    std::deque<std::uint64_t> deleted_;           // responder SAs that never were established, oldest first
    bool shutting_down_ = false;
    bool shutdown_reported_ = false;
};

}  // namespace keyline::keyer
