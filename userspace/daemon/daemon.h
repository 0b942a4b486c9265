// keylined: makes the parts of an instance, joins them on one loop, and ends them in order.
#pragma once

#include <asio.hpp>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "crypto/random.h"
#include "daemon/address_watch.h"
#include "daemon/admin.h"
#include "daemon/control_server.h"
#include "daemon/file_descriptor.h"
#include "daemon/instance.h"
#include "daemon/key_export.h"
#include "daemon/keyer_driver.h"
#include "daemon/listeners.h"
#include "daemon/options.h"
#include "daemon/report_sink.h"

namespace keyline::daemon {

class Daemon {
  public:
    Daemon(const Options& options, std::shared_ptr<const policy::Policy> policy, std::string instance);

    // Does everything that can fail. The error is one line that names the thing and the remedy.
    std::expected<void, std::string> start();

    // Serves until a signal asks for the end and the peers have been told.
    void run();

  private:
    std::expected<void, std::string> open_datapath();
    void warn_of_stray_interfaces() const;
    void tell_of_foreign_xfrm() const;
    KeyerDriver::Outputs keyer_outputs();
    void watch_signals();
    void watch_datapath();
    void poll_sas();
    void poll_silence();
    void keep_watchdog(std::chrono::microseconds interval);
    void reload_on_signal();
    void shut_down();
    void stop(bool keep_sas);
    void end();

    void install(const policy::SadEntry& entry);
    void move(const exchange::MoveSa& sa);
    void export_keys(const auto& keys);
    void refresh_ports();
    void restore_interfaces(std::optional<std::uint32_t> gone);

    const Options options_;
    asio::io_context loop_;
    FileDescriptor lock_;
    crypto::SystemRandom random_;
    Instance instance_;
    Admin admin_;
    ControlServer control_;
    ReportSink reports_;
    Listeners listeners_;
    AddressWatch addresses_;
    std::optional<KeyExport> key_export_;
    std::optional<KeyerDriver> keyer_;
    asio::signal_set signals_;
    asio::posix::stream_descriptor datapath_events_;
    asio::steady_timer sa_timer_;
    asio::steady_timer silence_timer_;
    asio::steady_timer watchdog_timer_;
    asio::steady_timer shutdown_timer_;
    bool shutting_down_ = false;
};

}  // namespace keyline::daemon
