#include "simulation/pair.h"

#include <gtest/gtest.h>

#include "auth/anonymous.h"
#include "auth/pre_shared_key.h"

namespace keyline::simulation {
namespace {

constexpr const char* kNameA = "host/a.example.com@EXAMPLE.COM";
constexpr const char* kNameB = "host/b.example.com@EXAMPLE.COM";

std::vector<std::shared_ptr<auth::Method>> make_methods(const std::vector<Script>& scripts,
                                                        const std::string& name, const char* keys,
                                                        std::vector<std::shared_ptr<auth::Method>> methods,
                                                        std::uint64_t seed) {
    for (Script script : scripts) {
        script.name = name;
        methods.push_back(std::make_shared<ScriptedMethod>(script, seed += 0x1000));
    }
    methods.push_back(std::make_shared<auth::AnonymousMethod>(name));
    methods.push_back(*auth::PreSharedKeyMethod::parse(keys));
    return methods;
}

std::shared_ptr<policy::Policy> policy_of(Wishes wishes, const char* local, const char* remote) {
    wishes.local = local;
    wishes.remote = remote;
    return make_policy(wishes);
}

}  // namespace

PairWishes both(Wishes wishes) {
    return {.a = wishes, .b = wishes, .a_methods = {Script{}}, .b_methods = {Script{}}};
}

Pair::Pair(PairWishes wishes, std::uint64_t seed, const char* address_a, const char* address_b)
    : world(seed),
      a(world.add_host("a", address_a, policy_of(wishes.a, address_a, address_b),
                       make_methods(wishes.a_methods, kNameA, wishes.a_keys, wishes.a_more, seed))),
      b(world.add_host("b", address_b, policy_of(wishes.b, address_b, address_a),
                       make_methods(wishes.b_methods, kNameB, wishes.b_keys, wishes.b_more, seed + 1))) {}

policy::PacketTuple Pair::packet(const Host& from, std::uint16_t port) {
    const policy::Selector& selector = from.policy->rules.front().selectors.front();
    return {.local = selector.local.address,
            .remote = selector.remote.address,
            .protocol = 6,
            .local_port = 40000,
            .remote_port = port};
}

std::vector<std::string> Pair::sent_payloads() const {
    std::map<std::uint32_t, std::string> numbered;
    for (const auto& host : world.hosts()) {
        for (const exchange::Report& report : host->reports) {
            const auto* sent = std::get_if<exchange::MessageSent>(&report);
            if (sent == nullptr || sent->retransmission || sent->number == 0) continue;
            numbered[sent->number] =
                "#" + std::to_string(sent->number) + (sent->encrypted ? "* " : " ") + sent->payloads;
        }
    }
    std::vector<std::string> payloads;
    for (auto& entry : numbered)
        payloads.push_back(std::move(entry.second));
    return payloads;
}

void Pair::check_rest() {
    world.check_rest();
    for (const std::string& violation : world.violations())
        ADD_FAILURE() << violation;
}

}  // namespace keyline::simulation
