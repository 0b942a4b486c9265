#include "authip/key_dictation.h"

#include <utility>

namespace keyline::authip {

Dictator dictator(std::optional<std::uint32_t> own, std::optional<std::uint32_t> peer) {
    if (!own) return Dictator::kRemote;
    const std::uint32_t theirs = peer.value_or(0);
    if (*own > theirs) return Dictator::kLocal;
    return *own < theirs ? Dictator::kRemote : Dictator::kNobody;
}

DictatedKeys make_dictated_keys(std::size_t octets, crypto::RandomSource& random) {
    DictatedKeys keys{Secret(octets), Secret(octets)};
    random.fill(keys.inbound.writable());
    random.fill(keys.outbound.writable());
    return keys;
}

std::expected<std::vector<wire::Payload>, std::string> key_dictation_payloads(
    const DictatedKeys& keys, const MessageProtection& protection, crypto::RandomSource& random) {
    std::vector<wire::Payload> payloads;
    for (const Secret* key : {&keys.inbound, &keys.outbound}) {
        auto sealed = seal_keys(*key, protection, random);
        if (!sealed) return std::unexpected(sealed.error());
        payloads.push_back({wire::KeyDictation{std::move(*sealed)}});
    }
    return payloads;
}

std::expected<std::optional<DictatedKeys>, std::string> take_dictated_keys(
    std::span<const wire::Payload> payloads, Dictator dictator, std::size_t octets,
    const MessageProtection& protection) {
    const auto dictated = wire::find_all<wire::KeyDictation>(payloads);
    if (dictated.empty()) return std::nullopt;
    if (dictated.size() != 2) return std::unexpected("one KeyDict payload without the other");
    if (dictator != Dictator::kRemote)
        return std::unexpected("keys from a side that has not won their dictation");
    auto in = open_keys(dictated[0]->sealed, protection);
    auto out = open_keys(dictated[1]->sealed, protection);
    if (!in || !out) return std::unexpected("dictated keys: " + to_string(!in ? in.error() : out.error()));
    if (in->size() != octets || out->size() != octets)
        return std::unexpected("dictated keys that do not fit the chosen algorithms");
    // What goes in at the dictator goes out here.
    return DictatedKeys{.inbound = std::move(*out), .outbound = std::move(*in)};
}

}  // namespace keyline::authip
