#include "ikev1/mm_proposal.h"

#include <algorithm>
#include <utility>

#include "exchange/life.h"
#include "ikev1/authentication.h"
#include "wire/numbers.h"

namespace keyline::ikev1 {
namespace {

using exchange::MmTransform;

constexpr std::size_t kMaxTransforms = 255;  // RFC 2408 3.5

std::optional<std::uint16_t> authentication_of(const wire::Transform& transform) {
    const wire::Attribute* attribute =
        wire::find_attribute(transform.attributes, wire::ike_attribute::kAuthenticationMethod);
    const auto code = attribute == nullptr ? std::nullopt : attribute->number();
    if (!code || *code > UINT16_MAX) return std::nullopt;
    return static_cast<std::uint16_t>(*code);
}

}  // namespace

wire::SecurityAssociation build_mm_offer(const policy::MainMode& main_mode,
                                         std::span<const std::uint16_t> authentication) {
    wire::Proposal proposal{.number = 1, .protocol_id = wire::protocol::kIsakmp};
    for (const policy::MmProposal& combination : main_mode.proposals) {
        for (const policy::DhGroup group : main_mode.dh_groups) {
            if (group == policy::DhGroup::kNone) continue;
            for (const std::uint16_t method : authentication) {
                if (proposal.transforms.size() == kMaxTransforms) break;
                const auto number = static_cast<std::uint8_t>(proposal.transforms.size() + 1);
                wire::Transform transform =
                    exchange::build_mm_transform(number, combination, group, main_mode.lifetime);
                exchange::append_life(transform.attributes, exchange::kMainModeLife,
                                      main_mode.lifetime_octets);
                transform.attributes.push_back(
                    wire::number_attribute(wire::ike_attribute::kAuthenticationMethod, method));
                proposal.transforms.push_back(std::move(transform));
            }
        }
    }
    return {.proposals = {std::move(proposal)}};
}

std::vector<MmChoice> parse_mm_offer(const wire::SecurityAssociation& sa) {
    std::vector<MmChoice> offer;
    for (const wire::Proposal& proposal : sa.proposals) {
        if (proposal.protocol_id != wire::protocol::kIsakmp) continue;
        for (const wire::Transform& transform : proposal.transforms) {
            if (transform.id != wire::kTransformKeyIke) continue;
            const auto code = authentication_of(transform);
            const auto method = code ? method_of_code(*code) : std::nullopt;
            auto known = exchange::parse_mm_transform(proposal, transform);
            if (method && known) offer.push_back({std::move(*known), *code, *method});
        }
    }
    return offer;
}

const MmChoice* choose_mm_transform(const std::vector<MmChoice>& offer, const policy::MainMode& main_mode,
                                    std::span<const std::uint16_t> authentication) {
    const auto usable = [&](const MmChoice& choice) {
        return choice.transform.group != policy::DhGroup::kNone &&
               main_mode.accepts(choice.transform.group) &&
               std::ranges::find(authentication, choice.authentication) != authentication.end();
    };
    for (const policy::MmProposal& own : main_mode.proposals) {
        const auto found = std::ranges::find_if(offer, [&](const MmChoice& choice) {
            return choice.transform.proposal == own && usable(choice);
        });
        if (found != offer.end()) return &*found;
    }
    return nullptr;
}

std::expected<MmChoice, std::string> parse_mm_choice(const wire::SecurityAssociation& sa,
                                                     const policy::MainMode& main_mode,
                                                     std::span<const std::uint16_t> authentication) {
    if (sa.proposals.size() != 1 || sa.proposals.front().transforms.size() != 1) {
        return std::unexpected("the responder did not choose exactly one transform");
    }
    auto offer = parse_mm_offer(sa);
    if (choose_mm_transform(offer, main_mode, authentication) == nullptr) {
        return std::unexpected("the responder chose a transform that was not offered");
    }
    return std::move(offer.front());
}

}  // namespace keyline::ikev1
