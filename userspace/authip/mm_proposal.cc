#include "authip/mm_proposal.h"

#include <algorithm>

#include "wire/numbers.h"

namespace keyline::authip {

using policy::DhGroup;

wire::SecurityAssociation build_mm_offer(const policy::MainMode& main_mode, DhGroup group) {
    wire::Proposal proposal{.number = 1, .protocol_id = wire::protocol::kIsakmp};
    for (const policy::MmProposal& combination : main_mode.proposals) {
        const auto transform_number = static_cast<std::uint8_t>(proposal.transforms.size() + 1);
        proposal.transforms.push_back(
            exchange::build_mm_transform(transform_number, combination, group, main_mode.lifetime));
    }
    return {.proposals = {std::move(proposal)}};
}

std::expected<MmOffer, std::string> parse_mm_offer(const wire::SecurityAssociation& sa) {
    MmOffer offer;
    bool first = true;
    for (const wire::Proposal& proposal : sa.proposals) {
        if (proposal.protocol_id != wire::protocol::kIsakmp) continue;
        for (const wire::Transform& transform : proposal.transforms) {
            if (transform.id != wire::kTransformKeyIke) continue;
            const auto group = exchange::mm_group(transform);
            if (!group) continue;
            if (!first && *group != offer.group)
                return std::unexpected("the transforms name differing groups");
            offer.group = *group;
            first = false;
            if (auto known = exchange::parse_mm_transform(proposal, transform)) {
                offer.transforms.push_back(std::move(*known));
            }
        }
    }
    if (first) return std::unexpected("the SA payload has no KEY_IKE transform");
    return offer;
}

const MmTransform* choose_mm_transform(const MmOffer& offer, const policy::MainMode& main_mode) {
    for (const policy::MmProposal& own : main_mode.proposals) {
        const auto found = std::ranges::find(offer.transforms, own, &MmTransform::proposal);
        if (found != offer.transforms.end()) return &*found;
    }
    return nullptr;
}

std::expected<MmTransform, std::string> parse_mm_choice(const wire::SecurityAssociation& sa,
                                                        const policy::MainMode& main_mode, DhGroup group) {
    if (sa.proposals.size() != 1 || sa.proposals.front().transforms.size() != 1) {
        return std::unexpected("the responder did not choose exactly one transform");
    }
    auto offer = parse_mm_offer(sa);
    if (!offer) return std::unexpected(offer.error());
    if (offer->group != static_cast<std::uint16_t>(group) ||
        choose_mm_transform(*offer, main_mode) == nullptr) {
        return std::unexpected("the responder chose a transform that was not offered");
    }
    return std::move(offer->transforms.front());
}

}  // namespace keyline::authip
