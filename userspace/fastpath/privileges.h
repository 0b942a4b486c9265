// What the process may do once it runs (docs/architecture.md, "Secrets").
#pragma once

#include <expected>
#include <string>

namespace keyline::fastpath {

// No core dumps and no debugger of another user: the process holds keys. Never fails in a way that matters.
void forbid_dumps();

// Keeps the capabilities that new ports and SAs need (CAP_NET_RAW for AF_XDP sockets, CAP_BPF for the maps,
// CAP_IPC_LOCK for packet memory, where they were there) and gives up all others, for this thread and those
// it starts.
std::expected<void, std::string> drop_capabilities();

}  // namespace keyline::fastpath
