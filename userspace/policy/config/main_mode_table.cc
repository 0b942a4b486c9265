// Table [main_mode] and its named variants [main_mode.NAME].
#include <algorithm>

#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

struct Draft {
    MainMode mode;
    Auth* credentials = nullptr;
    std::optional<Value> auth;       // where this table gives methods
    std::optional<Value> dh_groups;  // where this table gives groups
};

// A main mode with certificates fits, and some quick modes.
constexpr std::uint64_t kLeastLifetimeOctets = 65536;

std::vector<std::string> proposal_names() {
    std::vector<std::string> names;
    for (const auto& encryption : kMmEncryptionNames) {
        for (const auto& hash : kMmHashNames)
            names.push_back(MmProposal{encryption.value, hash.value}.to_string());
    }
    return names;
}

std::optional<MmProposal> read_proposal(const Value& item) {
    const auto text = item.text();
    if (!text) return std::nullopt;
    const auto proposal = MmProposal::parse(*text);
    if (!proposal) {
        const std::vector<std::string> names = proposal_names();
        const std::vector<std::string_view> words(names.begin(), names.end());
        item.error(R"(expected a cipher and a hash such as "aes-cbc-256/sha2-256", found )" +
                   in_quotes(*text) + did_you_mean(*text, words));
        return std::nullopt;
    }
    if (proposal->encryption == MmEncryption::kDesCbc)
        item.warning("DES is weak: its keys are found in hours");
    if (proposal->hash == MmHash::kMd5) item.warning("MD5 is weak: do without it if every peer can");
    return proposal;
}

constexpr Field<Draft> kMainModeFields[] = {
    {"auth",
     [](const Value& value, Draft& draft) {
         draft.auth = value;
         draft.mode.auth = read_auth_methods(value, *draft.credentials);
     }},
    {"proposals",
     [](const Value& value, Draft& draft) { draft.mode.proposals = read_list(value, read_proposal); }},
    {"dh_groups",
     [](const Value& value, Draft& draft) {
         draft.dh_groups = value;
         draft.mode.dh_groups = read_list(value, read_dh_group);
     }},
    {"lifetime",
     [](const Value& value, Draft& draft) {
         const auto reading = value.duration(std::chrono::seconds(10), std::chrono::days(365));
         if (reading) draft.mode.lifetime = std::chrono::duration_cast<std::chrono::seconds>(*reading);
     }},
    {"lifetime_octets",
     [](const Value& value, Draft& draft) {
         assign(draft.mode.lifetime_octets, value.size_or_none(kLeastLifetimeOctets));
     }},
};

void check_dh(const Draft& draft) {
    const auto method = std::ranges::find_if(draft.mode.auth, needs_dh);
    if (method == draft.mode.auth.end() || draft.mode.offered_group() != DhGroup::kNone) return;
    const std::optional<Value>& at = draft.dh_groups ? draft.dh_groups : draft.auth;
    if (!at) return;
    at->error(in_quotes(to_string(*method)) +
              R"( needs a Diffie-Hellman group; add one to dh_groups, such as "ecp256")");
}

}  // namespace

void read_main_mode(const Value& table, Loading& loading) {
    Draft standard{.mode = {}, .credentials = &loading.policy.auth, .auth = {}, .dh_groups = {}};
    std::vector<MainMode> variants;
    read_table_with_variants(
        table, kMainModeFields, standard, [&](const std::string& name, const Value& variant) {
            if (name == standard.mode.name) {
                return variant.error("this name stands for [main_mode] itself; choose another");
            }
            Draft draft{
                .mode = standard.mode, .credentials = standard.credentials, .auth = {}, .dh_groups = {}};
            draft.mode.name = name;
            read_table(variant, kMainModeFields, draft);
            check_dh(draft);
            variants.push_back(std::move(draft.mode));
        });
    check_dh(standard);
    loading.auth_is_given = standard.auth.has_value();
    loading.policy.main_modes = {std::move(standard.mode)};
    std::ranges::move(variants, std::back_inserter(loading.policy.main_modes));
}

void list_main_mode_keys(std::vector<std::string>& to) { list_keys("main_mode", kMainModeFields, to); }

std::optional<DhGroup> read_dh_group(const Value& value) {
    const auto group = value.one_of(kDhGroupNames);
    if (group == DhGroup::kModp768 || group == DhGroup::kModp1024 || group == DhGroup::kModp1536) {
        value.warning(in_quotes(to_string(*group)) + " is weak: well-funded attackers can break it");
    }
    return group;
}

}  // namespace keyline::policy::config
