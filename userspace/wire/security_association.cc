#include "wire/security_association.h"

#include "wire/attribute_list.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

// What proposals and transforms start with: their Next_Payload names their own type, or 0 in the last.
struct Substructure {
    bool last = false;
    std::uint8_t reserved = 0;
    Reader body;
};

std::expected<Substructure, ParseError> parse_substructure(Reader& from, PayloadType type,
                                                           std::size_t least_body) {
    const std::size_t start = from.offset();
    if (!from.has(kGenericHeaderSize)) return failure(ParseReason::kSubstructureTruncated, start);
    const auto next = static_cast<PayloadType>(from.u8());
    const std::uint8_t reserved = from.u8();
    const std::size_t length = from.be16();
    if (next != type && next != PayloadType::kNone) return failure(ParseReason::kSubstructureType, start);
    if (length < kGenericHeaderSize + least_body || !from.has(length - kGenericHeaderSize)) {
        return failure(ParseReason::kSubstructureLength, start + 2);
    }
    return Substructure{next == PayloadType::kNone, reserved, from.sub(length - kGenericHeaderSize)};
}

// `room` is how many more transforms the SA payload may have.
std::expected<std::vector<Transform>, ParseError> parse_transforms(Reader from, std::size_t room) {
    std::vector<Transform> transforms;
    for (bool last = false; !last;) {
        if (transforms.size() == room) return failure(ParseReason::kTooManyTransforms, from.offset());
        auto part = parse_substructure(from, PayloadType::kTransform, 4);
        if (!part) return std::unexpected(part.error());
        last = part->last;
        Transform& transform = transforms.emplace_back();
        transform.reserved = part->reserved;
        transform.number = part->body.u8();
        transform.id = part->body.u8();
        transform.reserved2 = part->body.be16();
        auto attributes = parse_attributes(part->body);
        if (!attributes) return std::unexpected(attributes.error());
        transform.attributes = std::move(*attributes);
    }
    if (from.remaining() > 0) return failure(ParseReason::kTrailingOctets, from.offset());
    return transforms;
}

void build_transform(Writer& to, const Transform& transform, bool last) {
    const std::size_t start =
        to.begin(last ? PayloadType::kNone : PayloadType::kTransform, transform.reserved);
    to.u8(transform.number);
    to.u8(transform.id);
    to.be16(transform.reserved2);
    build_attributes(to, transform.attributes);
    to.end(start);
}

void build_proposal(Writer& to, const Proposal& proposal, bool last) {
    const std::size_t start = to.begin(last ? PayloadType::kNone : PayloadType::kProposal, proposal.reserved);
    to.u8(proposal.number);
    to.u8(proposal.protocol_id);
    to.size8(proposal.spi.size());
    to.size8(proposal.transforms.size());
    to.octets(proposal.spi);
    for (const Transform& transform : proposal.transforms) {
        build_transform(to, transform, &transform == &proposal.transforms.back());
    }
    to.end(start);
}

}  // namespace

std::expected<SecurityAssociation, ParseError> parse_security_association(Reader body) {
    SecurityAssociation sa;
    if (!body.has(8)) return failure(ParseReason::kPayloadTruncated, body.offset());
    sa.doi = body.be32();
    if (sa.doi != kDoiIpsec) return failure(ParseReason::kDoi, body.offset() - 4);
    sa.situation = body.be32();
    if (sa.situation != kSituationIdentityOnly) return failure(ParseReason::kSituation, body.offset() - 4);

    std::size_t transform_count = 0;
    for (bool last = false; !last;) {
        const std::size_t start = body.offset();
        if (sa.proposals.size() == kMaxProposals) return failure(ParseReason::kTooManyProposals, start);
        auto part = parse_substructure(body, PayloadType::kProposal, 4);
        if (!part) return std::unexpected(part.error());
        last = part->last;
        Reader& from = part->body;
        Proposal& proposal = sa.proposals.emplace_back();
        proposal.reserved = part->reserved;
        proposal.number = from.u8();
        proposal.protocol_id = from.u8();
        const std::size_t spi_size = from.u8();
        const std::size_t announced = from.u8();
        if (!from.has(spi_size)) return failure(ParseReason::kSubstructureLength, start + 6);
        proposal.spi = from.copy(spi_size);
        auto transforms = parse_transforms(from, kMaxTransforms - transform_count);
        if (!transforms) return std::unexpected(transforms.error());
        if (transforms->size() != announced) return failure(ParseReason::kTransformCount, start + 7);
        transform_count += announced;
        proposal.transforms = std::move(*transforms);
    }
    if (body.remaining() > 0) return failure(ParseReason::kTrailingOctets, body.offset());
    return sa;
}

void build_security_association(Writer& to, const SecurityAssociation& sa) {
    to.be32(sa.doi);
    to.be32(sa.situation);
    for (const Proposal& proposal : sa.proposals)
        build_proposal(to, proposal, &proposal == &sa.proposals.back());
}

}  // namespace keyline::wire
