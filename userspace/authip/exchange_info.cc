#include "authip/exchange_info.h"

namespace keyline::authip {

std::uint32_t exchange_info_flags(const policy::Rule& rule, bool guarantee_encryption) {
    return (rule.takes_clear() ? wire::kExchangeInfoNdBoundary : 0U) |
           (rule.guarantee_encryption || guarantee_encryption ? wire::kExchangeInfoGuaranteeEncryption : 0U);
}

void append_exchange_info(std::vector<wire::Payload>& payloads, const exchange::MmSa& sa,
                          std::uint32_t flags) {
    if (flags == 0 || !sa.peer_announced.negotiation_discovery) return;
    Bytes data;
    append_be32(data, flags);
    payloads.push_back({wire::AuthipNotification{.protocol_id = wire::notify_about::kQuickMode,
                                                 .type = wire::notify::kExchangeInfo,
                                                 .data = std::move(data)}});
}

void keep_encrypting(policy::QuickMode& quick_mode) {
    std::erase_if(quick_mode.suites, [](const policy::EspSuite& suite) { return !suite.encrypts(); });
}

std::expected<std::uint32_t, std::string> find_exchange_info(const std::vector<wire::Payload>& payloads) {
    const auto* notify = wire::find<wire::AuthipNotification>(payloads);
    if (notify == nullptr || notify->type != wire::notify::kExchangeInfo) return 0;
    if (notify->data.size() != sizeof(std::uint32_t)) return std::unexpected("EXCHANGE_INFO of wrong length");
    return load_be32(notify->data.data());
}

}  // namespace keyline::authip
