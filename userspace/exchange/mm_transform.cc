#include "exchange/mm_transform.h"

#include <algorithm>

#include "exchange/life.h"
#include "wire/attributes.h"
#include "wire/numbers.h"

namespace keyline::exchange {
namespace {

using policy::DhGroup;
using policy::MmEncryption;
using policy::MmHash;

struct EncryptionCode {
    MmEncryption encryption;
    std::uint16_t code;
    std::uint16_t key_bits;  // 0: no Key Length attribute
};
constexpr EncryptionCode kEncryptions[] = {
    {MmEncryption::kDesCbc, wire::ike_encryption::kDesCbc, 0},
    {MmEncryption::k3desCbc, wire::ike_encryption::k3desCbc, 0},
    {MmEncryption::kAesCbc128, wire::ike_encryption::kAesCbc, 128},
    {MmEncryption::kAesCbc192, wire::ike_encryption::kAesCbc, 192},
    {MmEncryption::kAesCbc256, wire::ike_encryption::kAesCbc, 256},
};

struct HashCode {
    MmHash hash;
    std::uint16_t code;
};
constexpr HashCode kHashes[] = {
    {MmHash::kMd5, wire::ike_hash::kMd5},       {MmHash::kSha1, wire::ike_hash::kSha1},
    {MmHash::kSha256, wire::ike_hash::kSha256}, {MmHash::kSha384, wire::ike_hash::kSha384},
    {MmHash::kSha512, wire::ike_hash::kSha512},
};

// nullopt when absent or not a number.
std::optional<std::uint64_t> number(const wire::Transform& transform, std::uint16_t type) {
    const wire::Attribute* attribute = wire::find_attribute(transform.attributes, type);
    return attribute == nullptr ? std::nullopt : attribute->number();
}

// A life type that is unknown makes the transform unacceptable (M2).
struct Life {
    bool acceptable = true;
    std::optional<std::chrono::seconds> seconds;
    std::optional<std::uint64_t> octets;
};
Life parse_life(const wire::Transform& transform) {
    Life life;
    std::uint64_t type = wire::kLifeSeconds;
    for (const wire::Attribute& attribute : transform.attributes) {
        const auto value = attribute.number();
        if (attribute.type == wire::ike_attribute::kLifeType) {
            if (!value || (*value != wire::kLifeSeconds && *value != wire::kLifeKilobytes))
                life.acceptable = false;
            type = value.value_or(0);
        } else if (attribute.type == wire::ike_attribute::kLifeDuration) {
            if (!value || *value == 0) life.acceptable = false;
            if (value && type == wire::kLifeSeconds) {
                life.seconds = std::chrono::seconds(std::min<std::uint64_t>(*value, UINT32_MAX));
            } else if (value && type == wire::kLifeKilobytes) {
                life.octets = wire::octets_of_kilobytes(*value);
            }
        }
    }
    return life;
}

}  // namespace

std::string MmTransform::to_string() const {
    return proposal.to_string() + "/" + std::string(policy::to_string(group));
}

wire::Transform build_mm_transform(std::uint8_t transform_number, const policy::MmProposal& proposal,
                                   DhGroup group, std::chrono::seconds lifetime) {
    using namespace wire::ike_attribute;
    const auto* encryption =
        std::ranges::find(kEncryptions, proposal.encryption, &EncryptionCode::encryption);
    const auto* hash = std::ranges::find(kHashes, proposal.hash, &HashCode::hash);
    wire::Transform transform{.number = transform_number, .id = wire::kTransformKeyIke};
    auto& attributes = transform.attributes;
    attributes.push_back(wire::number_attribute(kEncryption, encryption->code));
    if (encryption->key_bits != 0)
        attributes.push_back(wire::number_attribute(kKeyLength, encryption->key_bits));
    attributes.push_back(wire::number_attribute(kHash, hash->code));
    attributes.push_back(wire::number_attribute(kGroupDescription, static_cast<std::uint16_t>(group)));
    append_life(attributes, kMainModeLife, lifetime);
    return transform;
}

std::optional<std::uint16_t> mm_group(const wire::Transform& transform) {
    const std::uint64_t group = number(transform, wire::ike_attribute::kGroupDescription).value_or(0);
    if (group > UINT16_MAX) return std::nullopt;
    return static_cast<std::uint16_t>(group);
}

std::optional<MmTransform> parse_mm_transform(const wire::Proposal& proposal,
                                              const wire::Transform& transform) {
    const auto encryption = number(transform, wire::ike_attribute::kEncryption);
    const auto key_bits = number(transform, wire::ike_attribute::kKeyLength);
    const auto hash = number(transform, wire::ike_attribute::kHash);
    const auto group = mm_group(transform);
    if (!encryption || !hash || !group) return std::nullopt;
    const bool has_key_length =
        wire::find_attribute(transform.attributes, wire::ike_attribute::kKeyLength) != nullptr;
    const auto* known_encryption = std::ranges::find_if(kEncryptions, [&](const EncryptionCode& known) {
        return known.code == *encryption &&
               (known.key_bits == 0 ? !has_key_length : key_bits && *key_bits == known.key_bits);
    });
    const auto* known_hash =
        std::ranges::find_if(kHashes, [&](const HashCode& known) { return known.code == *hash; });
    const Life life = parse_life(transform);
    if (known_encryption == std::end(kEncryptions) || known_hash == std::end(kHashes) || !life.acceptable) {
        return std::nullopt;
    }
    wire::Proposal echo = proposal;
    echo.transforms = {transform};
    return MmTransform{.proposal = {known_encryption->encryption, known_hash->hash},
                       .group = static_cast<DhGroup>(*group),
                       .lifetime = life.seconds,
                       .life_octets = life.octets,
                       .echo = std::move(echo)};
}

crypto::CipherAlgorithm cipher_of(MmEncryption encryption) {
    switch (encryption) {
        case MmEncryption::kDesCbc:
            return crypto::CipherAlgorithm::kDesCbc;
        case MmEncryption::k3desCbc:
            return crypto::CipherAlgorithm::k3desCbc;
        case MmEncryption::kAesCbc128:
            return crypto::CipherAlgorithm::kAes128Cbc;
        case MmEncryption::kAesCbc192:
            return crypto::CipherAlgorithm::kAes192Cbc;
        case MmEncryption::kAesCbc256:
            break;
    }
    return crypto::CipherAlgorithm::kAes256Cbc;
}

crypto::HashAlgorithm hash_of(MmHash hash) {
    switch (hash) {
        case MmHash::kMd5:
            return crypto::HashAlgorithm::kMd5;
        case MmHash::kSha1:
            return crypto::HashAlgorithm::kSha1;
        case MmHash::kSha256:
            return crypto::HashAlgorithm::kSha256;
        case MmHash::kSha384:
            return crypto::HashAlgorithm::kSha384;
        case MmHash::kSha512:
            break;
    }
    return crypto::HashAlgorithm::kSha512;
}

}  // namespace keyline::exchange
