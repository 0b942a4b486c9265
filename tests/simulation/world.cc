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

// The two ends of one SA. Behind a NAT each has the other at another address.
bool same_sa(const policy::SadEntry& sender, const policy::SadEntry& receiver) {
    return sender.mode == receiver.mode && sender.suite == receiver.suite && sender.esn == receiver.esn &&
           (sender.encapsulation.remote_port != 0 || sender.selector == receiver.selector.reversed()) &&
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

void World::acquire(Host& host, std::uint32_t rule, const policy::PacketTuple& packet, std::uint32_t user) {
    const bool has_sa = std::ranges::any_of(host.datapath.outbound, [&](const auto& entry) {
        return entry.second.rule == rule && entry.second.selector.matches(packet) &&
               entry.second.impersonation_handle == user;
    });
    if (has_sa) return;
    host.acquires.emplace(rule, packet, user);
    give(host, exchange::Acquire{rule, packet, user});
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

Nat& World::add_nat(const Host& host, const std::string& outside, bool forwards) {
    return *nats_.emplace_back(std::make_unique<Nat>(host.address, *IpAddress::parse(outside), forwards));
}

Endpoint World::translate(const Endpoint& inside) {
    const auto nat =
        std::ranges::find(nats_, inside.address, [](const auto& each) { return each->inside(); });
    return nat == nats_.end() ? inside : (*nat)->translate(inside.port);
}

std::optional<Endpoint> World::forward(const Endpoint& outside) const {
    for (const auto& nat : nats_) {
        if (nat->inside() == outside.address) return std::nullopt;  // nobody has a route to it
        if (nat->outside() == outside.address) return nat->forward(outside);
    }
    return outside;
}

Host* World::receiver_of(const policy::SadEntry& outbound) {
    const auto to = forward({outbound.remote, outbound.encapsulation.remote_port});
    return to ? host_at(to->address) : nullptr;
}

bool World::carry(const policy::SadEntry& outbound) {
    const Endpoint from = translate({outbound.local, outbound.encapsulation.local_port});
    Host* peer = receiver_of(outbound);
    if (peer == nullptr) return false;
    const auto found = peer->datapath.inbound.find(outbound.spi);
    if (found == peer->datapath.inbound.end()) return false;
    const policy::SadEntry& inbound = found->second;
    if (inbound.encapsulation.follow_remote &&
        Endpoint{inbound.remote, inbound.encapsulation.remote_port} != from) {
        give(*peer, exchange::PeerMoved{inbound.spi, from});
    }
    return true;
}

bool World::carry(Host& host) {
    bool arrived = !host.datapath.current.empty();
    for (const auto& [key, entry] : host.datapath.outbound) {
        const bool used = std::ranges::any_of(host.datapath.current,
                                              [&](const auto& each) { return each.second == entry.spi; });
        if (used && !carry(entry)) arrived = false;
    }
    return arrived;
}

void World::deliver(const Endpoint& from, const Endpoint& to, Bytes data) {
    const auto inside = forward(to);
    Host* host = inside ? host_at(inside->address) : nullptr;
    if (host != nullptr) give(*host, exchange::DatagramReceived{*inside, from, std::move(data)});
}

void World::send(exchange::Send message) {
    if (tap) tap(message);
    if (alter) alter(message);
    if (swallow && swallow(message)) return;
    const Endpoint from = translate(message.local);
    const int copies = random_.chance(network_.repetition) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        if (random_.chance(network_.loss)) continue;
        const auto spread =
            static_cast<std::uint64_t>((network_.most_delay - network_.least_delay).count()) + 1;
        const auto delay = network_.least_delay + std::chrono::milliseconds(random_.below(spread));
        after(delay, [this, from, message] { deliver(from, message.remote, message.data); });
    }
}

void World::perform(Host& host, exchange::Actions actions) {
    for (exchange::Action& action : actions)
        perform(host, action);
}

void World::perform(Host& host, exchange::Action& action) {
    std::visit(Overloaded{[&](exchange::Send& message) { send(message); },
                          [&](exchange::SendKeepalive& keepalive) {
                              translate(keepalive.local);
                              if (on_keepalive) on_keepalive(host);
                          },
                          [&](exchange::InstallSa& sa) { install(host, std::move(sa.entry)); },
                          [&](exchange::RemoveSa& removal) { remove(host, removal); },
                          [&](exchange::MoveSa& each) { move(host, each); },
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
                              ++host.failed_acquires;
                              host.acquires.erase({failed.rule, failed.packet, failed.impersonation_handle});
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
    // No key is used twice: the same octets may only be the other end of the same SA. A NAT hides who the
    // receiver is.
    IpAddress receiver = inbound ? entry.local : entry.remote;
    if (entry.encapsulation.remote_port != 0) receiver = {};
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
        const auto& [rule, packet, user] = acquire;
        return rule == entry.rule && user == entry.impersonation_handle && entry.selector.matches(packet);
    });
    if (Host* peer = receiver_of(entry)) {
        const auto other = peer->datapath.inbound.find(entry.spi);
        if (other != peer->datapath.inbound.end() && !same_sa(entry, other->second)) {
            violate(host.name + " and " + peer->name + " disagree about SA " + spi_text(entry.spi));
        }
    }
    host.datapath.current[{entry.rule, entry.selector, entry.impersonation_handle}] = entry.spi;
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

void World::move(Host& host, const exchange::MoveSa& move) {
    const auto change = [&](policy::SadEntry& entry) {
        entry.remote = move.to.address;
        entry.encapsulation.remote_port = move.to.port;
        if (entry.mode == policy::Mode::kTransport) entry.selector.remote = Prefix::host(move.to.address);
    };
    Datapath& datapath = host.datapath;
    if (move.direction == policy::Direction::kInbound) {
        const auto found = datapath.inbound.find(move.spi);
        if (found == datapath.inbound.end() || found->second.remote != move.from)
            return violate(host.name + ": an unknown inbound SA is moved");
        return change(found->second);
    }
    auto node = datapath.outbound.extract({move.spi, move.from});
    if (node.empty()) return violate(host.name + ": an unknown outbound SA is moved");
    policy::SadEntry& entry = node.mapped();
    const auto used = datapath.current.find({entry.rule, entry.selector, entry.impersonation_handle});
    const bool is_current = used != datapath.current.end() && used->second == move.spi;
    if (is_current) datapath.current.erase(used);
    change(entry);
    if (is_current) datapath.current[{entry.rule, entry.selector, entry.impersonation_handle}] = move.spi;
    node.key() = {move.spi, move.to.address};
    if (!datapath.outbound.insert(std::move(node)).inserted)
        violate(host.name + ": an outbound SA is moved to the place of another");
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
            Host* peer = receiver_of(entry);
            if (peer == nullptr && entry.encapsulation.remote_port != 0)
                violate(host->name + " sends into a NAT that knows nothing of it");
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
