#include "daemon/daemon.h"

#include <fmt/format.h>
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>

#include "auth/registry.h"
#include "base/overloaded.h"
#include "daemon/instance_lock.h"
#include "daemon/privileges.h"
#include "daemon/reload.h"
#include "daemon/report_text.h"
#include "daemon/service_manager.h"

namespace keyline::daemon {
namespace {

using namespace std::chrono_literals;

// A peer whose NAT has given it another mapping gets no answers for so long at most.
constexpr auto kSaInterval = 100ms;
constexpr auto kSilenceInterval = 5s;
// Peers have this long to acknowledge the deletion of their SAs (MS-AIPS 3.1.7.2: retransmitted once at
// most).
constexpr auto kShutdownLimit = 5s;

std::string sa_text(const policy::SadEntry& entry) {
    return fmt::format(
        "{} SA {} with {}: {}, {}", entry.direction == policy::Direction::kInbound ? "inbound" : "outbound",
        spi_text(entry.spi), entry.remote.to_string(), entry.selector.to_string(), entry.suite.to_string());
}

}  // namespace

Daemon::Daemon(const Options& options, std::shared_ptr<const policy::Policy> policy, std::string instance)
    : options_(options),
      instance_{.name = std::move(instance), .config = options.config, .policy = std::move(policy)},
      admin_(instance_),
      control_(loop_, [this](const Request& request,
                             const ControlServer::Reply& reply) { admin_.handle(request, reply); }),
      reports_(control_),
      listeners_(loop_, [this](exchange::DatagramReceived datagram) { keyer_->handle(std::move(datagram)); }),
      addresses_(loop_,
                 {.address_gone = [this](const IpAddress& a) { keyer_->handle(exchange::AddressGone{a}); },
                  .link_gone = [this](std::optional<std::uint32_t> gone) { restore_interfaces(gone); },
                  .changed = [this] { refresh_ports(); }}),
      signals_(loop_),
      datapath_events_(loop_),
      sa_timer_(loop_),
      silence_timer_(loop_),
      watchdog_timer_(loop_),
      shutdown_timer_(loop_) {
    instance_.listeners = &listeners_;
    instance_.reports = &reports_;
    // The answer to whoever asks goes out first.
    instance_.stop = [this](bool keep_sas) { asio::post(loop_, [this, keep_sas] { stop(keep_sas); }); };
}

std::expected<void, std::string> Daemon::start() {
    const policy::Policy& policy = *instance_.policy;
    auto lock = lock_instance(options_.run_directory, instance_.name);
    if (!lock) return std::unexpected(lock.error());
    lock_ = std::move(*lock);
    if (auto opened = listeners_.open(policy.host.listen, {policy.host.port, policy.host.nat_port});
        !opened) {
        return opened;
    }
    auto methods = auth::make_methods(policy.auth);
    if (!methods) return std::unexpected(methods.error());
    const auto socket = control_socket_path(options_.run_directory, instance_.name);
    if (auto listening = control_.listen(socket, policy.host.control_group); !listening) return listening;
    if (auto watching = addresses_.start(); !watching) return watching;
    if (!policy.debug.key_export.empty()) {
        auto opened = KeyExport::open(policy.debug.key_export);
        if (!opened) return std::unexpected(opened.error());
        key_export_.emplace(std::move(*opened));
    }
    if (options_.datapath) {
        if (auto opened = open_datapath(); !opened) return opened;
    }
    auto keyer = std::make_unique<keyer::Keyer>(instance_.policy, std::move(*methods), random_);
    keyer_.emplace(loop_, std::move(keyer), keyer_outputs());
    instance_.keyer = &*keyer_;
    return drop_capabilities(options_.datapath, policy.has_users());
}

std::expected<void, std::string> Daemon::open_datapath() {
    if (std::string missing = missing_capabilities(); !missing.empty())
        return std::unexpected(std::move(missing));
    const policy::Policy& policy = *instance_.policy;
    // Before anything is touched: half a configuration must not be in force.
    for (const policy::Interface& interface : policy.host.interfaces) {
        if (if_nametoindex(interface.name.c_str()) != 0) continue;
        return std::unexpected(
            fmt::format("there is no interface {}; `ip link` lists those there are, host.{} names it",
                        interface.name, policy::to_string(interface.role)));
    }
    auto opened = datapath::Datapath::open({.instance = instance_.name,
                                            .max_sas = policy.datapath.max_sas,
                                            .max_flows = policy.datapath.max_flows});
    if (!opened) return std::unexpected(opened.error());
    if (auto checked = opened->check_engines(policy); !checked) return checked;
    // The rules are in force before the first packet is looked at.
    if (auto applied = opened->apply(policy); !applied) return applied;
    for (const std::string& error : opened->change_engines(policy))
        spdlog::warn("{}", error);
    for (const policy::Interface& interface : policy.host.interfaces) {
        if (auto attached = opened->attach(interface.name, interface.role); !attached) return attached;
    }
    instance_.datapath.emplace(std::move(*opened));
    warn_of_stray_interfaces();
    tell_of_foreign_xfrm();
    return {};
}

// What was attached by hand, or was in an older configuration, stays protected: fail closed.
void Daemon::warn_of_stray_interfaces() const {
    for (const datapath::PortView& view : instance_.datapath->view().ports()) {
        const bool wanted =
            std::ranges::any_of(instance_.policy->host.interfaces,
                                [&](const auto& interface) { return interface.name == view.port.name; });
        if (wanted || view.port.role == KL_PORT_HANDOVER) continue;
        spdlog::warn("{} is attached but not in the configuration: add it, or `keyline detach {}`",
                     view.port.name, view.port.name);
    }
}

void Daemon::tell_of_foreign_xfrm() const {
    const auto foreign = instance_.datapath->foreign_xfrm(*instance_.policy);
    if (!foreign) return spdlog::debug("{}", foreign.error());
    if (foreign->states + foreign->policies != 0) {
        spdlog::info("XFRM has {} states and {} policies of others, which are left alone", foreign->states,
                     foreign->policies);
    }
    for (const std::string& conflict : foreign->conflicts)
        spdlog::warn("{}", conflict);
}

KeyerDriver::Outputs Daemon::keyer_outputs() {
    return {
        .send =
            [this](const exchange::Send& message) {
                if (const auto sent = listeners_.send(message); !sent) spdlog::debug("{}", sent.error());
            },
        .send_keepalive =
            [this](const exchange::SendKeepalive& keepalive) {
                if (const auto sent = listeners_.send(keepalive); !sent) spdlog::debug("{}", sent.error());
            },
        .install = [this](const exchange::InstallSa& sa) { install(sa.entry); },
        .remove =
            [this](const exchange::RemoveSa& sa) {
                if (instance_.datapath) instance_.datapath->remove(sa.direction, sa.spi, sa.remote);
            },
        .move = [this](const exchange::MoveSa& sa) { move(sa); },
        .acquire_failed =
            [this](const exchange::AcquireFailed& failed) {
                if (instance_.datapath)
                    instance_.datapath->release(failed.rule, failed.packet, failed.impersonation_handle);
            },
        .dos_protection =
            [this](const exchange::SetDosProtection& set) {
                if (!instance_.datapath) return;
                instance_.datapath->set_dos_protection(set.active, set.secrets.current, set.secrets.previous);
            },
        .export_keys = [this](const exchange::ExportMmKeys& keys) { export_keys(keys); },
        .report =
            [this](const exchange::Report& report) {
                reports_.take(report);
                if (shutting_down_ && reports_.shutdown_done()) end();
            },
    };
}

void Daemon::export_keys(const auto& keys) {
    if (!key_export_) return;
    if (const auto added = key_export_->add(keys); !added) spdlog::error("{}", added.error());
}

void Daemon::install(const policy::SadEntry& entry) {
    export_keys(entry);
    if (!instance_.datapath) {
        spdlog::info("would install {} (--no-datapath)", sa_text(entry));
        return;
    }
    if (const auto installed = instance_.datapath->install(entry); !installed) {
        spdlog::error("cannot install {}: {}", sa_text(entry), installed.error());
        keyer_->handle(exchange::SaExpired{entry.direction, entry.spi, /*hard=*/true});
    }
}

void Daemon::move(const exchange::MoveSa& sa) {
    if (!instance_.datapath) return;
    if (const auto moved = instance_.datapath->move(sa.direction, sa.spi, sa.from, sa.to); !moved) {
        spdlog::error("{}", moved.error());
        keyer_->handle(exchange::SaExpired{sa.direction, sa.spi, /*hard=*/true});
    }
}

void Daemon::run() {
    if (instance_.datapath) {
        if (auto adopted = instance_.datapath->adopted(); !adopted.empty()) {
            spdlog::info("adopted {} SAs of an earlier keylined; traffic goes on under them", adopted.size());
            keyer_->handle(exchange::SasAdopted{std::move(adopted)});
        }
        datapath_events_.assign(instance_.datapath->event_fd());
        watch_datapath();
        poll_sas();
        poll_silence();
    }
    for (const int signal : {SIGHUP, SIGTERM, SIGINT})
        signals_.add(signal);
    watch_signals();
    if (const auto interval = watchdog_interval()) keep_watchdog(*interval);
    const std::string summary =
        fmt::format("instance {}: {} rules, datapath {}", instance_.name, instance_.policy->rules.size(),
                    instance_.datapath ? "on" : "off");
    spdlog::info("keylined {} ready, {}", KEYLINE_VERSION, summary);
    notify_ready(summary);
    loop_.run();
    datapath_events_.release();
}

void Daemon::watch_signals() {
    signals_.async_wait([this](const std::error_code& error, int signal) {
        if (error) return;
        if (signal == SIGHUP) {
            reload_on_signal();
        } else {
            shut_down();
        }
        watch_signals();
    });
}

void Daemon::reload_on_signal() {
    notify_reloading();
    const auto done = reload(instance_);
    if (done) {
        spdlog::info("reload: {}", done->summary);
        for (const std::string& warning : done->warnings)
            spdlog::warn("reload: {}", warning);
    } else {
        for (const std::string& error : done.error())
            spdlog::error("reload: {}", error);
        spdlog::error("reload: nothing was changed");
    }
    notify_ready(fmt::format("instance {}: {} rules", instance_.name, instance_.policy->rules.size()));
}

void Daemon::watch_datapath() {
    datapath_events_.async_wait(
        asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
            if (error) return;
            for (const datapath::Event& event : instance_.datapath->drain()) {
                std::visit(Overloaded{
                               [this](const datapath::AcquireRaised& raised) {
                                   keyer_->handle(exchange::Acquire{raised.rule, raised.packet,
                                                                    raised.impersonation_handle});
                               },
                               [](const datapath::NeighbourWanted& wanted) {
                                   spdlog::debug("resolving next hop {}", wanted.next_hop.to_string());
                               },
                               [this](const datapath::StrayEspSeen& seen) {
                                   keyer_->handle(exchange::StrayEsp{seen.local, seen.remote});
                               },
                           },
                           event);
            }
            watch_datapath();
        });
}

void Daemon::poll_sas() {
    const datapath::SaEvents events = instance_.datapath->sa_events();
    for (const datapath::SaExpiry& expiry : events.expired) {
        keyer_->handle(exchange::SaExpired{expiry.direction, expiry.spi, expiry.hard});
    }
    for (const datapath::SaMoved& moved : events.moved) {
        keyer_->handle(exchange::PeerMoved{moved.spi, moved.remote});
    }
    sa_timer_.expires_after(kSaInterval);
    sa_timer_.async_wait([this](const std::error_code& error) {
        if (!error) poll_sas();
    });
}

void Daemon::poll_silence() {
    for (const datapath::SaSilence& silence : instance_.datapath->quiet()) {
        keyer_->handle(exchange::SaQuiet{silence.inbound_spi, silence.unanswered, silence.idle});
    }
    silence_timer_.expires_after(kSilenceInterval);
    silence_timer_.async_wait([this](const std::error_code& error) {
        if (!error) poll_silence();
    });
}

void Daemon::refresh_ports() {
    if (!instance_.datapath) return;
    for (const std::string& error : instance_.datapath->refresh_ports())
        spdlog::warn("{}", error);
}

void Daemon::restore_interfaces(std::optional<std::uint32_t> gone) {
    if (!instance_.datapath) return;
    for (const std::string& line : instance_.datapath->restore_interfaces(gone))
        spdlog::warn("{}", line);
}

void Daemon::keep_watchdog(std::chrono::microseconds interval) {
    notify_watchdog();
    watchdog_timer_.expires_after(interval);
    watchdog_timer_.async_wait([this, interval](const std::error_code& error) {
        if (!error) keep_watchdog(interval);
    });
}

void Daemon::shut_down() {
    if (std::exchange(shutting_down_, true)) {
        spdlog::warn("ending without waiting for the peers");
        return end();
    }
    spdlog::info("deleting SAs and telling the peers");
    notify_stopping();
    shutdown_timer_.expires_after(kShutdownLimit);
    shutdown_timer_.async_wait([this](const std::error_code& error) {
        if (error) return;
        spdlog::warn("some peers did not acknowledge the deletion of their SAs");
        end();
    });
    keyer_->handle(exchange::Shutdown{});
}

void Daemon::stop(bool keep_sas) {
    if (!keep_sas) return shut_down();
    spdlog::info("ending; the SAs stay, and the next keylined adopts them");
    notify_stopping();
    end();
}

void Daemon::end() {
    control_.close();
    loop_.stop();
}

}  // namespace keyline::daemon
