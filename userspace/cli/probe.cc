#include "cli/probe.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "auth/registry.h"
#include "daemon/route.h"
#include "daemon/udp_framing.h"

namespace keyline::cli {
namespace {

using daemon::Frame;
using daemon::UdpSocket;

// The peer has this long to acknowledge the deletion of what was negotiated.
constexpr auto kFarewellLimit = std::chrono::seconds(3);

struct BoundSocket {
    UdpSocket socket;
    std::string note;  // empty: the port that peers expect
};

// The port of the protocol if it is to be had, else any: the peer then takes this host for one behind a NAT.
std::expected<BoundSocket, std::string> bind_socket(const ProbeOptions& options, const IpAddress& local) {
    const std::uint16_t wanted = options.local ? options.local->port : 0;
    auto socket = UdpSocket::bind({local, wanted != 0 ? wanted : options.peer_port});
    if (socket) return BoundSocket{std::move(*socket), ""};
    if (wanted != 0) return std::unexpected(socket.error());
    auto other = UdpSocket::bind({local, 0});
    if (!other) return std::unexpected(other.error());
    std::string note = fmt::format(
        "port {} is not to be had here (keylined has it, or this user may not), so the peer sees source port "
        "{} and takes this host for one behind a NAT; a keylined that protects traffic with the peer drops "
        "its "
        "answers to that port: `keyline up {}` negotiates there",
        options.peer_port, other->local().port, options.peer.to_string());
    return BoundSocket{std::move(*other), std::move(note)};
}

}  // namespace

Probe::Probe(const ProbeOptions& options, ProbePlan plan, UdpSocket socket,
             std::optional<daemon::KeyExport> key_export, ProbeLog& log)
    : options_(options),
      plan_(std::move(plan)),
      log_(log),
      key_export_(std::move(key_export)),
      socket_(std::move(socket)),
      readable_(loop_, socket_.fd()),
      limit_(loop_) {}

Probe::~Probe() { readable_.release(); }

std::expected<std::unique_ptr<Probe>, std::string> Probe::prepare(const ProbeOptions& options,
                                                                  ProbeLog& log) {
    const auto local = options.local ? std::expected<IpAddress, std::string>(options.local->address)
                                     : daemon::source_address(options.peer);
    if (!local) return std::unexpected(local.error());
    auto plan = plan_probe(options, *local);
    if (!plan) return std::unexpected(plan.error());
    auto methods = auth::make_methods(plan->policy.auth);
    if (!methods) return std::unexpected(methods.error());
    std::optional<daemon::KeyExport> key_export;
    if (!options.export_keys.empty()) {
        auto opened = daemon::KeyExport::open(options.export_keys);
        if (!opened) return std::unexpected(opened.error());
        key_export.emplace(std::move(*opened));
    }
    auto bound = bind_socket(options, *local);
    if (!bound) return std::unexpected(bound.error());
    bound->socket.report_icmp_errors();

    std::vector<std::string> notes;
    if (!bound->note.empty()) notes.push_back(bound->note);
    log.begin(bound->socket.local(), {options.peer, options.peer_port}, notes);
    const auto policy = std::make_shared<const policy::Policy>(plan->policy);
    std::unique_ptr<Probe> probe(
        new Probe(options, std::move(*plan), std::move(bound->socket), std::move(key_export), log));
    probe->keyer_.emplace(probe->loop_,
                          std::make_unique<keyer::Keyer>(policy, std::move(*methods), probe->random_),
                          probe->outputs());
    return probe;
}

daemon::KeyerDriver::Outputs Probe::outputs() {
    return {
        .send = [this](const exchange::Send& message) { send_message(message); },
        .send_keepalive =
            [this](const exchange::SendKeepalive& k) { send(k.remote, daemon::kKeepaliveDatagram); },
        .install = [this](const exchange::InstallSa& sa) { export_keys(sa.entry); },
        .remove = [](const exchange::RemoveSa&) {},
        .move = [](const exchange::MoveSa&) {},
        .acquire_failed = [this](const exchange::AcquireFailed&) { conclude(false); },
        .dos_protection = [](const exchange::SetDosProtection&) {},
        .export_keys = [this](const exchange::ExportMmKeys& keys) { export_keys(keys); },
        .report = [this](const exchange::Report& report) { take(report); },
    };
}

void Probe::send_message(const exchange::Send& message) {
    if (message.remote.port != plan_.policy.host.nat_port) return send(message.remote, message.data);
    Bytes framed(daemon::kNonEspMarkerOctets, 0);
    append(framed, message.data);
    send(message.remote, framed);
}

void Probe::send(const Endpoint& remote, ByteView octets) {
    const int error = socket_.send(socket_.local().address, remote, octets);
    if (error != 0) log_.note(fmt::format("cannot send to {}: {}", remote.to_string(), std::strerror(error)));
}

void Probe::wait_for_datagrams() {
    readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
        if (error) return;
        receive();
        wait_for_datagrams();
    });
}

void Probe::receive() {
    auto datagram = socket_.receive();
    if (!datagram) {
        if (datagram.error() == EAGAIN) return;
        return log_.note(fmt::format("ICMP from the way to {}: {}; still trying", options_.peer.to_string(),
                                     std::strerror(datagram.error())));
    }
    // The keyer thinks that it has both well-known ports; the peer's port tells which one this came to.
    const bool marked = datagram->remote.port == plan_.policy.host.nat_port;
    Bytes& data = datagram->data;
    if (marked) {
        if (daemon::classify_marked(data) != Frame::kIke) return;
        data.erase(data.begin(), data.begin() + daemon::kNonEspMarkerOctets);
    }
    const std::uint16_t local_port = marked ? plan_.policy.host.nat_port : plan_.policy.host.port;
    keyer_->handle(
        exchange::DatagramReceived{{datagram->local.address, local_port}, datagram->remote, std::move(data)});
}

void Probe::export_keys(const auto& keys) {
    if (!key_export_) return;
    if (const auto added = key_export_->add(keys); !added) log_.note(added.error());
}

void Probe::take(const exchange::Report& report) {
    log_.take(report);
    if (std::holds_alternative<exchange::QmEstablished>(report)) conclude(true);
    if (std::holds_alternative<exchange::NegotiationFailed>(report)) conclude(false);
    if (success_ && std::holds_alternative<exchange::ShutdownDone>(report)) loop_.stop();
}

void Probe::conclude(bool success) {
    if (success_) return;
    success_ = success;
    limit_.expires_after(kFarewellLimit);
    limit_.async_wait([this](const std::error_code& error) {
        if (!error) loop_.stop();
    });
    keyer_->handle(exchange::Shutdown{});
}

ExitCode Probe::run() {
    wait_for_datagrams();
    limit_.expires_after(options_.timeout);
    limit_.async_wait([this](const std::error_code& error) {
        if (!error) conclude(false);
    });
    keyer_->handle(exchange::Acquire{plan_.policy.rules.front().id, plan_.packet, 0});
    loop_.run();
    const bool success = success_.value_or(false);
    log_.end(success, options_.timeout);
    return success ? kSuccess : kNegotiationFailed;
}

}  // namespace keyline::cli
