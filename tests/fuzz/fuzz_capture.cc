// Any octets as a capture file: it is read or refused, and what is read is IKE's.
#include <cstdlib>

#include "cli/capture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace keyline::cli;
    const auto capture = read_capture({data, size});
    if (!capture) {
        if (capture.error().empty()) std::abort();
        return 0;
    }
    for (const CapturedDatagram& datagram : capture->datagrams) {
        const auto is_ike = [](std::uint16_t port) { return port == 500 || port == 4500; };
        if (!is_ike(datagram.source.port) && !is_ike(datagram.destination.port)) std::abort();
        if (datagram.frame == 0 || datagram.frame > capture->frames) std::abort();
    }
    return 0;
}
