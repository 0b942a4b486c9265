#include "datapath/overlap.h"

namespace keyline::datapath {
namespace {

bool overlap(const Prefix& one, const Prefix& other) {
    return one.address.family() == other.address.family() && (one.contains(other) || other.contains(one));
}

// 0: any.
template <typename Number>
bool overlap(Number one, Number other) {
    return one == 0 || other == 0 || one == other;
}

}  // namespace

bool overlap(const policy::Selector& one, const policy::Selector& other) {
    return overlap(one.local, other.local) && overlap(one.remote, other.remote) &&
           overlap(one.protocol, other.protocol) && overlap(one.local_port, other.local_port) &&
           overlap(one.remote_port, other.remote_port);
}

}  // namespace keyline::datapath
