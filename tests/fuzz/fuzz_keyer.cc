// The keyer against a peer that does anything: messages damaged, repeated, reordered and forged on the way,
// and well-sealed messages with payloads that a broken or hostile peer would put into them. The input is a
// list of operations on a conversation. Afterwards nothing may have leaked, and a clean negotiation has to
// succeed.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/spoil.h"
#include "simulation/policies.h"
#include "simulation/raw_peer.h"
#include "wire/build.h"

namespace keyline::simulation {
namespace {

[[noreturn]] void fail() { std::abort(); }

class Fuzzer {
  public:
    explicit Fuzzer(FuzzInput input)
        : input_(input), world_(1), host_(make_host(world_)), peer_(world_, host_, 1) {}

    void run() {
        authenticated_ = advance(input_.octet() % 4);
        for (int operation = 0; operation < 64 && input_.more(); ++operation)
            step();
        // Every timer and overlap that hostility can have started ends by then; established SAs live on.
        world_.run(400s);
        // A peer that fell silent is tried anew: the end may fall into a negotiation, which ends too.
        for (int second = 0; second < 120 && host_.keyer->limits().incomplete != 0; ++second)
            world_.run(1s);
        if (!world_.violations().empty() || host_.keyer->limits().incomplete != 0 ||
            host_.keyer->limits().auth_steps != 0) {
            fail();
        }
        if (!RawPeer(world_, host_, 2).establish()) fail();
    }

  private:
    static Host& make_host(World& world) {
        Wishes wishes;
        wishes.local = "10.0.0.2";
        wishes.remote = "10.0.0.1";
        Script script{.round_trips = 1};
        return world.add_host("b", wishes.local, make_policy(wishes),
                              {std::make_shared<ScriptedMethod>(script, 7)});
    }

    // How far the well-formed conversation goes before it turns bad. True when the peer has keys.
    bool advance(unsigned stage) {
        if (stage >= 1 && !peer_.first_exchange()) fail();
        if (stage >= 2 && !peer_.authenticate()) fail();
        sequence_ = stage == 0 ? 0 : stage == 1 ? 1 : 2;
        if (stage == 3) {
            if (peer_.send_sealed(wire::ExchangeType::kAuthipMainMode, 0, 2, peer_.quick_mode_payloads(true))
                    .empty())
                fail();
        }
        return stage >= 2;
    }

    std::vector<wire::Payload> payloads() {
        switch (input_.octet() % 8) {
            case 0:
                return peer_.first_payloads();
            case 1:
                return peer_.gss_payloads();
            case 2:
                return authenticated_ ? peer_.quick_mode_payloads(true) : peer_.first_payloads();
            case 3:
                return authenticated_ ? peer_.quick_mode_payloads(false) : peer_.gss_payloads();
            case 4:
                return RawPeer::status(input_.octet() % 3, input_.word(), (input_.octet() & 1) != 0);
            case 5:
                return RawPeer::synchronize();
            case 6: {
                auto ids = authenticated_ ? peer_.quick_mode_payloads(false) : std::vector<wire::Payload>{};
                ids.resize(ids.empty() ? 0 : 2);
                wire::AuthipNotification acquire{
                    .protocol_id = 2, .flags = 1, .type = wire::notify::kAcquire};
                append_be32(acquire.data, input_.octet() % 5);
                append_be32(acquire.data, 0);
                ids.insert(ids.begin(), {acquire});
                return ids;
            }
            default:
                return {};
        }
    }

    // Damage is done to the octets of all of them, then parsed again where it still can be.
    void damage(std::vector<wire::Payload>& payloads) {
        auto octets = wire::build_payloads(payloads);
        if (!octets || octets->empty()) return;
        const wire::PayloadType first = wire::first_type(payloads);
        (*octets)[input_.word() % octets->size()] = input_.octet();
        if (auto damaged = wire::parse_payloads(*octets, first, wire::Dialect::kAuthip))
            payloads = std::move(*damaged);
    }

    wire::ExchangeType type() { return static_cast<wire::ExchangeType>(0xF3 + input_.octet() % 4); }

    void step() {
        const std::uint8_t operation = input_.octet();
        switch (operation % 6) {
            case 0:
            case 1: {
                auto list = payloads();
                spoil(input_, list,
                      [this](std::vector<wire::Payload>& damaged, std::size_t) { damage(damaged); });
                const std::uint32_t message_id = (operation & 0x40) != 0 ? 0x1000 + input_.octet() : 0;
                const std::uint32_t sequence = (operation & 0x80) != 0 ? input_.octet() : sequence_++;
                const auto exchange = type();
                if (authenticated_ && operation % 6 == 0) {
                    peer_.send_sealed(exchange, message_id, sequence, list);
                } else {
                    peer_.send_clear(exchange, message_id, sequence, list);
                }
                break;
            }
            case 2:
                peer_.send_octets(peer_.last_datagram());
                break;
            case 3: {
                Bytes damaged = peer_.last_datagram();
                if (!damaged.empty()) damaged[input_.word() % damaged.size()] = input_.octet();
                if ((operation & 0x80) != 0) damaged.resize(input_.word() % (damaged.size() + 1));
                peer_.send_octets(std::move(damaged));
                break;
            }
            case 4:
                world_.run(std::chrono::seconds(input_.octet()));
                break;
            default:
                sequence_ = input_.octet() % 4;
                break;
        }
    }

    FuzzInput input_;
    World world_;
    Host& host_;
    RawPeer peer_;
    bool authenticated_ = false;
    std::uint32_t sequence_ = 0;
};

}  // namespace
}  // namespace keyline::simulation

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keyline::simulation::Fuzzer({data, size}).run();
    return 0;
}
