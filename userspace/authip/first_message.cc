#include "authip/first_message.h"

#include "authip/main_mode.h"
#include "authip/message_io.h"
#include "authip/notify.h"

namespace keyline::authip {
namespace {

// MS-AIPS 3.3.5.1: the encrypted flag of #1 is ignored.
wire::Header as_clear(wire::Header header) {
    header.flags = static_cast<std::uint8_t>(header.flags & ~wire::kFlagEncryption);
    return header;
}

// A repeated #1 is refused anew.
void refuse(Session& session, exchange::Host& host, const Failure& failure) {
    host.count(failure.reason);
    host.report(exchange::NegotiationFailed{.mm = session.name,
                                            .stage = failure.stage,
                                            .by = exchange::By::kLocal,
                                            .reason = failure.reason,
                                            .code = static_cast<std::uint32_t>(failure.code),
                                            .text = failure.text});
    send_status(session, host, About::kMainMode, failure.code);
}

}  // namespace

std::optional<FirstMessageFault> check_first_message(const exchange::DatagramReceived& datagram,
                                                     const wire::Header& header) {
    const auto frame = wire::parse_crypto_frame(datagram.data, as_clear(header));
    if (!frame) return FirstMessageFault{exchange::Reason::kMalformedCrypto, frame.error().to_string()};
    if (frame->sequence != 0) return FirstMessageFault{exchange::Reason::kUnknownSa, {}};
    return std::nullopt;
}

bool accept_first_message(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                          const wire::Header& received) {
    const wire::Header header = as_clear(received);
    session.initiator_cookie = header.initiator_cookie;
    session.first_responder_cookie = header.responder_cookie;
    session.responder_cookie = header.responder_cookie;
    while (session.responder_cookie == wire::Cookie{})
        host.random().fill(session.responder_cookie);
    session.main_mode =
        host.lookup().main_mode(datagram.remote.address).restricted_to(policy::Protocol::kAuthip);
    const auto message = open_message(session, host, datagram, header);
    const auto failure = receive_first_message(session, host, *message);
    if (failure) refuse(session, host, *failure);
    return !failure;
}

}  // namespace keyline::authip
