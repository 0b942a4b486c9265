// An AuthIP initiator that sends whatever it is told to, in any order: what a hostile or broken peer can do
// to a responder, also with the right keys. It stands at 10.0.0.1 of a world and talks to one host.
#pragma once

#include <optional>
#include <vector>

#include "authip/crypto_payload.h"
#include "authip/keys.h"
#include "exchange/traffic_id.h"
#include "exchange/transcript.h"
#include "simulation/scripted_method.h"
#include "simulation/world.h"
#include "wire/message.h"

namespace keyline::simulation {

class RawPeer {
  public:
    RawPeer(World& world, Host& target, std::uint64_t seed = 1);

    struct Reply {
        wire::Header header;
        std::uint32_t sequence = 0;
        std::vector<wire::Payload> payloads;  // opened when they were encrypted
        Bytes plaintext;                      // #n
    };

    // Payloads of the well-formed messages, to be changed at will.
    std::vector<wire::Payload> first_payloads() const;
    std::vector<wire::Payload> gss_payloads();
    std::vector<wire::Payload> quick_mode_payloads(bool first);
    static std::vector<wire::Payload> status(std::uint8_t about, std::uint32_t code, bool reliable);
    static std::vector<wire::Payload> synchronize();

    // Sends and runs the world for a moment; the target's replies, in order.
    std::vector<Reply> send_clear(wire::ExchangeType type, std::uint32_t message_id, std::uint32_t sequence,
                                  const std::vector<wire::Payload>& payloads);
    std::vector<Reply> send_sealed(wire::ExchangeType type, std::uint32_t message_id, std::uint32_t sequence,
                                   const std::vector<wire::Payload>& payloads);
    std::vector<Reply> send_octets(Bytes datagram);

    // Well-formed conversations up to here; false when the target did not answer as it should.
    bool first_exchange();
    bool authenticate();
    bool establish();

    // Extended mode with Kerberos after `establish`, message by message: each is request `sequence` of it.
    static std::vector<wire::Payload> methods_payloads();
    std::vector<wire::Payload> extended_gss_payloads(std::uint8_t flags = 0);
    std::vector<Reply> send_extended(std::uint32_t sequence, const std::vector<wire::Payload>& payloads,
                                     std::uint32_t message_id = 1);
    // Up to Auth3, which comes back; nothing when the target did not answer as it should.
    std::optional<std::vector<wire::Payload>> extend(std::uint8_t flags = 0);

    const Bytes& last_datagram() const { return last_datagram_; }
    wire::Cookie responder_cookie{};

  private:
    wire::Header header(wire::ExchangeType type, std::uint32_t message_id) const;
    authip::MessageProtection protection() const;
    authip::KeyContext key_context() const;
    std::optional<Reply> read(const Bytes& datagram) const;

    World& world_;
    Host& target_;
    SeededRandom random_;
    Endpoint own_;
    Endpoint other_;
    wire::Cookie initiator_cookie_{};
    Bytes nonce_;
    Bytes responder_nonce_;
    exchange::Transcript transcript_ = exchange::Transcript::main_mode();
    exchange::Transcript extended_transcript_;
    std::shared_ptr<auth::Context> context_;
    std::optional<authip::MmKeys> keys_;
    std::vector<Bytes> received_;
    Bytes last_datagram_;
};

// The single reply's Notify, or nothing.
std::optional<wire::AuthipNotification> notify_of(const std::vector<RawPeer::Reply>& replies);
// The code of the reply's NOTIFY_STATUS; 0 when there is none.
std::uint32_t status_of(const std::vector<RawPeer::Reply>& replies);

}  // namespace keyline::simulation
