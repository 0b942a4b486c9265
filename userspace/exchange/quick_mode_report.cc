#include "exchange/quick_mode_report.h"

#include <utility>

namespace keyline::exchange {

void report_offer(Host& host, const MmSa& mm, std::uint32_t message_id, const Traffic& traffic,
                  const policy::QuickMode& quick_mode) {
    QmProposed proposed{.mm = mm.name,
                        .message_id = message_id,
                        .by = By::kLocal,
                        .selector = traffic.selector.to_string(),
                        .pfs = quick_mode.pfs_group != policy::DhGroup::kNone};
    for (const policy::EspSuite& suite : quick_mode.suites)
        proposed.suites.push_back(suite.to_string());
    host.report(std::move(proposed));
}

void report_offer(Host& host, const MmSa& mm, std::uint32_t message_id, const TrafficIds& ids,
                  const QmOffer& offer) {
    QmProposed proposed{.mm = mm.name, .message_id = message_id, .by = By::kPeer, .pfs = offer.group != 0};
    if (const auto selector = parse_traffic_ids(ids, Role::kResponder))
        proposed.selector = selector->to_string();
    for (const QmTransform& transform : offer.transforms)
        proposed.suites.push_back(transform.suite.to_string());
    host.report(std::move(proposed));
}

void report_established(Host& host, const MmSa& mm, const QmSa& sa, const QmRequest* request, bool pfs) {
    host.report(QmEstablished{.mm = mm.name,
                              .message_id = sa.message_id,
                              .inbound_spi = sa.inbound_spi,
                              .outbound_spi = sa.outbound_spi,
                              .mode = sa.traffic.mode,
                              .selector = sa.traffic.selector,
                              .suite = sa.suite,
                              .rule = sa.traffic.rule,
                              .rekey = request != nullptr && request->rekey,
                              .pfs = pfs});
}

}  // namespace keyline::exchange
