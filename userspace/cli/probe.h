// `keyline probe`: one negotiation, made in this process, told step by step. Installs nothing.
#pragma once

#include <asio.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/exit_code.h"
#include "cli/probe_log.h"
#include "cli/probe_options.h"
#include "cli/probe_policy.h"
#include "crypto/random.h"
#include "daemon/key_export.h"
#include "daemon/keyer_driver.h"
#include "daemon/udp_socket.h"

namespace keyline::cli {

class Probe {
  public:
    // The error is one line: nothing was sent.
    static std::expected<std::unique_ptr<Probe>, std::string> prepare(const ProbeOptions& options,
                                                                      ProbeLog& log);

    ~Probe();

    // Negotiates, deletes what came of it at the peer, and returns kSuccess or kNegotiationFailed.
    ExitCode run();

  private:
    Probe(const ProbeOptions& options, ProbePlan plan, daemon::UdpSocket socket,
          std::optional<daemon::KeyExport> key_export, ProbeLog& log);

    void send(const Endpoint& remote, ByteView octets);
    void send_message(const exchange::Send& message);
    void wait_for_datagrams();
    void receive();
    void take(const exchange::Report& report);
    void export_keys(const auto& keys);
    void conclude(bool success);
    daemon::KeyerDriver::Outputs outputs();

    const ProbeOptions options_;
    const ProbePlan plan_;
    ProbeLog& log_;
    std::optional<daemon::KeyExport> key_export_;
    asio::io_context loop_;
    daemon::UdpSocket socket_;
    asio::posix::stream_descriptor readable_;
    asio::steady_timer limit_;
    crypto::SystemRandom random_;
    std::optional<daemon::KeyerDriver> keyer_;
    std::optional<bool> success_;
};

}  // namespace keyline::cli
