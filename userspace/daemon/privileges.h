// What keylined gives up (docs/architecture.md, "Secrets", and design of small privileges).
#pragma once

#include <expected>
#include <string>

namespace keyline::daemon {

// Key octets reach no core file and no other process of the same user: no core dumps, not dumpable, no
// ptrace.
void forbid_core_dumps();

// Keeps, of the capabilities this process has, only those that a running daemon uses (CAP_NET_ADMIN,
// CAP_NET_RAW, CAP_NET_BIND_SERVICE; with `datapath`, CAP_BPF and CAP_PERFMON; with `users`, whose credential
// caches it reads, CAP_DAC_READ_SEARCH), gives the others up for good, and gains none by executing a file.
std::expected<void, std::string> drop_capabilities(bool datapath, bool users);

// The line to print when the datapath cannot work for want of capabilities; empty when it can.
std::string missing_capabilities();

}  // namespace keyline::daemon
