#include "keyer/protocols.h"

#include <algorithm>
#include <utility>

#include "authip/first_message.h"
#include "authip/session.h"
#include "ikev1/main_mode.h"
#include "ikev1/session.h"
#include "ikev1/vendor_ids.h"

namespace keyline::keyer {

policy::Protocol protocol_of(wire::Dialect dialect) {
    return dialect == wire::Dialect::kAuthip ? policy::Protocol::kAuthip : policy::Protocol::kIkev1;
}

bool permits(const policy::Peer* peer, policy::Protocol protocol) {
    if (peer == nullptr) return protocol == policy::Protocol::kAuthip;
    return std::ranges::find(peer->protocols, protocol) != peer->protocols.end();
}

bool yields_to_authip(const policy::Peer* peer, const exchange::DatagramReceived& datagram,
                      const wire::Header& header) {
    return header.dialect() == wire::Dialect::kIkev1 && permits(peer, policy::Protocol::kAuthip) &&
           ikev1::announces_authip(datagram.data, header);
}

std::unique_ptr<exchange::Session> make_session(policy::Protocol protocol) {
    if (protocol == policy::Protocol::kIkev1) return std::make_unique<ikev1::Session>();
    return std::make_unique<authip::Session>();
}

bool begins_main_mode(const wire::Header& header) {
    return header.exchange_type == wire::ExchangeType::kAuthipMainMode ||
           header.exchange_type == wire::ExchangeType::kMainMode;
}

std::optional<FirstMessageFault> check_first_message(const exchange::DatagramReceived& datagram,
                                                     const wire::Header& header) {
    if (header.dialect() == wire::Dialect::kIkev1) {
        const auto reason = ikev1::check_first_message(header);
        return reason ? std::optional(FirstMessageFault{*reason, {}}) : std::nullopt;
    }
    auto fault = authip::check_first_message(datagram, header);
    return fault ? std::optional(FirstMessageFault{fault->reason, std::move(fault->text)}) : std::nullopt;
}

}  // namespace keyline::keyer
