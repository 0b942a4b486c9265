#include "simulation/world.h"

#include <algorithm>

#include "base/overloaded.h"

namespace keyline::simulation {
namespace {

std::string spi_text(std::uint32_t spi) {
    Bytes octets;
    append_be32(octets, spi);
    return to_hex(octets);
}

Bytes key_octets(const policy::SadEntry& entry) {
    Bytes octets(entry.encryption_key.view().begin(), entry.encryption_key.view().end());
    append(octets, entry.integrity_key.view());
    return octets;
}

// The two ends of one SA.
bool same_sa(const policy::SadEntry& sender, const policy::SadEntry& receiver) {
    return sender.mode == receiver.mode && sender.suite == receiver.suite && sender.esn == receiver.esn &&
           sender.selector == receiver.selector.reversed() &&
           sender.encryption_key == receiver.encryption_key &&
           sender.integrity_key == receiver.integrity_key && sender.twin_spi == receiver.twin_spi;
}

}  // namespace

Host& World::add_host(std::string name, const std::string& address,
                      std::shared_ptr<const policy::Policy> policy,
                      std::vector<std::shared_ptr<auth::Method>> methods) {
    hosts_.push_back(std::make_unique<Host>());
    Host& host = *hosts_.back();
    host.name = std::move(name);
    host.address = *IpAddress::parse(address);
    host.policy = std::move(policy);
    host.methods = std::move(methods);
    host.random = std::make_unique<SeededRandom>(random_.next());
    host.keyer = std::make_unique<keyer::Keyer>(host.policy, host.methods, *host.random);
    return host;
}

void World::at(Instant moment, std::function<void()> action) { agenda_.emplace(moment, std::move(action)); }

void World::run(std::chrono::milliseconds time) {
    const Instant end = now_ + time;
    while (!agenda_.empty() && agenda_.begin()->first <= end) {
        auto entry = agenda_.extract(agenda_.begin());
        now_ = std::max(now_, entry.key());
        entry.mapped()();
    }
    now_ = end;
}

void World::give(Host& host, exchange::Event event) {
    perform(host, host.keyer->handle(std::move(event), now_));
}

void World::acquire(Host& host, std::uint32_t rule, const policy::PacketTuple& packet) {
    const bool has_sa = std::ranges::any_of(host.datapath.outbound, [&](const auto& entry) {
        return entry.second.rule == rule && entry.second.selector.matches(packet);
    });
    if (has_sa) return;
    host.acquires.emplace(rule, packet);
    give(host, exchange::Acquire{rule, packet, 0});
}

void World::restart(Host& host, bool adopt) {
    ++host.generation;
    host.timer.reset();
    host.acquires.clear();
    host.keyer = std::make_unique<keyer::Keyer>(host.policy, host.methods, *host.random);
    if (!adopt) {
        host.datapath = {};
        return;
    }
    exchange::SasAdopted adopted;
    const auto without_keys = [](const policy::SadEntry& entry) {
        policy::SadEntry copy = entry.clone();
        copy.encryption_key.wipe();
        copy.integrity_key.wipe();
        return copy;
    };
    for (const auto& [spi, entry] : host.datapath.inbound)
        adopted.entries.push_back(without_keys(entry));
    for (const auto& [key, entry] : host.datapath.outbound)
        adopted.entries.push_back(without_keys(entry));
    give(host, std::move(adopted));
    // A daemon removes what nobody adopted.
    std::set<std::uint32_t> known;
    for (const auto& qm : host.keyer->quick_modes(now_))
        known.insert(qm.outbound_spi);
    std::erase_if(host.datapath.outbound,
                  [&](const auto& entry) { return !known.contains(entry.first.first); });
    std::erase_if(host.datapath.current, [&](const auto& entry) { return !known.contains(entry.second); });
}

void World::change_policy(Host& host, std::shared_ptr<const policy::Policy> policy) {
    host.policy = policy;
    give(host, exchange::PolicyChanged{std::move(policy), host.methods});
}

Host* World::host_at(const IpAddress& address) {
    const auto found =
        std::ranges::find_if(hosts_, [&](const auto& host) { return host->address == address; });
    return found == hosts_.end() ? nullptr : found->get();
}

void World::deliver(const Endpoint& from, const Endpoint& to, Bytes data) {
    if (Host* host = host_at(to.address)) give(*host, exchange::DatagramReceived{to, from, std::move(data)});
}

void World::send(const exchange::Send& message) {
    if (tap) tap(message);
    if (swallow && swallow(message)) return;
    const int copies = random_.chance(network_.repetition) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        if (random_.chance(network_.loss)) continue;
        const auto spread =
            static_cast<std::uint64_t>((network_.most_delay - network_.least_delay).count()) + 1;
        const auto delay = network_.least_delay + std::chrono::milliseconds(random_.below(spread));
        after(delay, [this, message] { deliver(message.local, message.remote, message.data); });
    }
}

void World::perform(Host& host, exchange::Actions actions) {
    for (exchange::Action& action : actions)
        perform(host, action);
}

void World::perform(Host& host, exchange::Action& action) {
    std::visit(Overloaded{[&](exchange::Send& message) { send(message); }, [](exchange::SendKeepalive&) {},
                          [&](exchange::InstallSa& sa) { install(host, std::move(sa.entry)); },
                          [&](exchange::RemoveSa& removal) { remove(host, removal); },
                          [&](exchange::StartAuthStep& start) {
                              const std::uint64_t generation = host.generation;
                              after(std::chrono::milliseconds(random_.below(20)),
                                    [this, &host, generation, step = start.step, context = start.context,
                                     input = start.input] {
                                        auth::StepResult result = context->step(input);
                                        if (host.generation == generation) {
                                            give(host, exchange::AuthStepDone{step, std::move(result)});
                                        }
                                    });
                          },
                          [&](exchange::ArmTimer& timer) { arm(host, timer.at); },
                          [&](exchange::AcquireFailed& failed) {
                              host.acquires.erase({failed.rule, failed.packet});
                          },
                          [&](exchange::SetDosProtection& set) { host.dos_protection = std::move(set); },
                          [&](exchange::ExportMmKeys& keys) { host.exported.push_back(std::move(keys)); },
                          [&](exchange::Report& report) {
                              if (std::holds_alternative<exchange::ShutdownDone>(report))
                                  host.shut_down = true;
                              if (watch) watch(host, report);
                              host.reports.push_back(std::move(report));
                          }},
               action);
}

void World::arm(Host& host, Instant moment) {
    if (moment <= now_) moment = now_;
    host.timer = moment;
    at(moment, [this, &host, moment, generation = host.generation] {
        if (host.generation != generation || host.timer != moment) return;
        host.timer.reset();
        give(host, exchange::TimerExpired{});
    });
}

void World::install(Host& host, policy::SadEntry entry) {
    ++installs_;
    const bool inbound = entry.direction == policy::Direction::kInbound;
    const IpAddress receiver = inbound ? entry.local : entry.remote;
    // No key is used twice: the same octets may only be the other end of the same SA.
    const auto [owner, fresh] = keys_.try_emplace(key_octets(entry), entry.spi, receiver);
    if (!fresh && owner->second != std::pair(entry.spi, receiver))
        violate(host.name + ": a key is used for two SAs");
    if (inbound) {
        if (!host.datapath.inbound.emplace(entry.spi, std::move(entry)).second) {
            violate(host.name + ": an inbound SPI is installed twice");
        }
        return;
    }
    std::erase_if(host.acquires, [&](const auto& acquire) {
        return acquire.first == entry.rule && entry.selector.matches(acquire.second);
    });
    if (Host* peer = host_at(entry.remote)) {
        const auto other = peer->datapath.inbound.find(entry.spi);
        if (other != peer->datapath.inbound.end() && !same_sa(entry, other->second)) {
            violate(host.name + " and " + peer->name + " disagree about SA " + spi_text(entry.spi));
        }
    }
    host.datapath.current[{entry.rule, entry.selector}] = entry.spi;
    const std::pair key{entry.spi, entry.remote};
    if (!host.datapath.outbound.emplace(key, std::move(entry)).second) {
        violate(host.name + ": an outbound SA is installed twice");
    }
}

void World::remove(Host& host, const exchange::RemoveSa& removal) {
    if (removal.direction == policy::Direction::kInbound) {
        if (host.datapath.inbound.erase(removal.spi) == 0)
            violate(host.name + ": an unknown inbound SA is removed");
        return;
    }
    if (host.datapath.outbound.erase({removal.spi, removal.remote}) == 0) {
        violate(host.name + ": an unknown outbound SA is removed");
    }
    std::erase_if(host.datapath.current, [&](const auto& entry) { return entry.second == removal.spi; });
}

void World::check_rest() {
    for (const auto& host : hosts_) {
        const auto quick_modes = host->keyer->quick_modes(now_);
        if (quick_modes.size() != host->datapath.inbound.size() ||
            quick_modes.size() != host->datapath.outbound.size()) {
            violate(host->name + ": the keyer knows " + std::to_string(quick_modes.size()) +
                    " quick modes, the datapath " + std::to_string(host->datapath.inbound.size()) +
                    " inbound and " + std::to_string(host->datapath.outbound.size()) + " outbound SAs");
        }
        const exchange::LimitsSnapshot limits = host->keyer->limits();
        if (limits.incomplete != 0) violate(host->name + ": a main mode neither ended nor failed");
        if (limits.auth_steps != 0) violate(host->name + ": an authentication step was forgotten");
        for (const auto& mm : host->keyer->main_modes(now_)) {
            if (mm.waiting != 0) violate(host->name + ": a quick mode waits for ever");
        }
        if (!host->acquires.empty()) violate(host->name + ": an acquire was never answered");
        for (const auto& [key, entry] : host->datapath.outbound) {
            Host* peer = host_at(entry.remote);
            if (peer == nullptr) continue;
            const auto other = peer->datapath.inbound.find(key.first);
            if (other == peer->datapath.inbound.end()) {
                violate(host->name + " sends under SA " + spi_text(key.first) + ", which " + peer->name +
                        " does not have");
            } else if (!same_sa(entry, other->second)) {
                violate(host->name + " and " + peer->name + " disagree about SA " + spi_text(key.first));
            }
        }
    }
}

}  // namespace keyline::simulation
