#include "simulation/middlebox.h"

#include <algorithm>

#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

constexpr std::size_t kFlags = 19;  // of the ISAKMP header

}  // namespace

void hide_vendor_id(exchange::Send& message, const wire::vendor::Md5& id) {
    const wire::Header header = *wire::parse_header(message.data);
    if (header.next_payload != wire::PayloadType::kSecurityAssociation || header.encrypted()) return;
    auto payloads = *wire::parse_payloads(ByteView(message.data).subspan(wire::kHeaderSize),
                                          header.next_payload, wire::Dialect::kIkev1, wire::kHeaderSize);
    std::erase_if(payloads, [&](const wire::Payload& payload) {
        const auto* vendor = std::get_if<wire::VendorId>(&payload.body);
        return vendor != nullptr && std::ranges::equal(ByteView(vendor->data).first(id.size()), id);
    });
    message.data = *wire::build_plain_message(header, payloads);
}

void set_commit_flag(exchange::Send& message) {
    if (wire::parse_header(message.data)->exchange_type == wire::ExchangeType::kQuickMode)
        message.data.at(kFlags) |= wire::kFlagCommit;
}

}  // namespace keyline::simulation
