// What `keyline` tells scripts; docs/cli.md and keyline(8) list the same.
#pragma once

namespace keyline::cli {

enum ExitCode : int {
    kSuccess = 0,
    kFailure = 1,            // understood, tried, and did not succeed
    kUsage = 2,              // the command line, or an argument, makes no sense
    kNoDaemon = 3,           // keylined cannot be reached
    kNotFound = 4,           // no such peer, SPI or interface
    kNegotiationFailed = 5,  // a negotiation was refused, by either side, or nobody answered
};

}  // namespace keyline::cli
