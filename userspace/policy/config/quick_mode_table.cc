// Table [quick_mode] and its named variants [quick_mode.NAME].
#include <algorithm>
#include <limits>

#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

// A limit as the file gives it: absent, "none" (0) or a number. The soft one has the Value for messages.
struct Limit {
    std::optional<std::uint64_t> hard;
    std::optional<std::uint64_t> soft;
    std::optional<Value> soft_value;
};

struct Draft {
    QuickMode mode;
    Limit time;  // seconds
    Limit octets;
    Limit packets;
    std::optional<Value> packets_value;
};

std::vector<std::string> suite_names() {
    std::vector<std::string> names;
    for (const auto& [cipher, name] : kEspCipherNames) {
        EspSuite suite{cipher.encryption, cipher.key_octets, Integrity::kNone};
        if (suite.combined()) {
            names.push_back(suite.to_string());
            continue;
        }
        for (const auto& integrity : kIntegrityNames) {
            suite.integrity = integrity.value;
            names.push_back(suite.to_string());
        }
    }
    return names;
}

std::optional<EspSuite> read_suite(const Value& item) {
    const auto text = item.text();
    if (!text) return std::nullopt;
    const auto suite = EspSuite::parse(*text);
    if (!suite && value_of(kEspCipherNames, *text)) {
        item.error(in_quotes(*text) + " has no integrity; add one, such as " +
                   in_quotes(*text + "/hmac-sha2-256-128"));
        return std::nullopt;
    }
    if (!suite) {
        const std::vector<std::string> names = suite_names();
        const std::vector<std::string_view> words(names.begin(), names.end());
        item.error(
            R"(expected an ESP suite such as "aes-gcm-16-256" or "aes-cbc-256/hmac-sha2-256-128", found )" +
            in_quotes(*text) + did_you_mean(*text, words));
        return std::nullopt;
    }
    if (suite->encryption == Encryption::kDesCbc) item.warning("DES is weak: its keys are found in hours");
    if (suite->integrity == Integrity::kHmacMd5_96)
        item.warning("MD5 is weak: do without it if every peer can");
    return suite;
}

void read_time(const Value& value, std::optional<std::uint64_t>& to) {
    const auto reading = value.duration(std::chrono::seconds(1), std::chrono::days(365));
    if (reading) to = std::chrono::duration_cast<std::chrono::seconds>(*reading).count();
}

void read_octets(const Value& value, std::optional<std::uint64_t>& to) {
    if (const auto reading = value.size_or_none()) to = *reading;
}

void read_packets(const Value& value, std::optional<std::uint64_t>& to) {
    if (value.node().text == "none") {
        to = 0;
    } else if (const auto reading = value.integer(1, std::numeric_limits<std::int64_t>::max())) {
        to = *reading;
    }
}

constexpr Field<Draft> kQuickModeFields[] = {
    {"suites", [](const Value& value, Draft& draft) { draft.mode.suites = read_list(value, read_suite); }},
    {"pfs_group",
     [](const Value& value, Draft& draft) { assign(draft.mode.pfs_group, read_dh_group(value)); }},
    {"lifetime", [](const Value& value, Draft& draft) { read_time(value, draft.time.hard); }},
    {"soft_lifetime",
     [](const Value& value, Draft& draft) {
         draft.time.soft_value = value;
         read_time(value, draft.time.soft);
     }},
    {"lifetime_octets", [](const Value& value, Draft& draft) { read_octets(value, draft.octets.hard); }},
    {"soft_lifetime_octets",
     [](const Value& value, Draft& draft) {
         draft.octets.soft_value = value;
         read_octets(value, draft.octets.soft);
     }},
    {"lifetime_packets",
     [](const Value& value, Draft& draft) {
         draft.packets_value = value;
         read_packets(value, draft.packets.hard);
     }},
    {"soft_lifetime_packets",
     [](const Value& value, Draft& draft) {
         draft.packets.soft_value = value;
         read_packets(value, draft.packets.soft);
     }},
    {"esn", [](const Value& value, Draft& draft) { assign(draft.mode.esn, value.boolean()); }},
    {"replay_window",
     [](const Value& value, Draft& draft) { assign(draft.mode.replay_window, value.integer(32, 2048)); }},
    {"key_dictation_weight",
     [](const Value& value, Draft& draft) {
         assign(draft.mode.key_dictation_weight, value.integer(1, std::numeric_limits<std::uint32_t>::max()));
     }},
};

// The soft limit, when not given, is four fifths of the hard one.
std::uint64_t soft_limit(const Limit& limit, std::uint64_t hard) {
    if (!limit.soft) return hard / 5 * 4 + hard % 5 * 4 / 5;
    if (limit.soft_value && hard != 0 && (*limit.soft == 0 || *limit.soft > hard)) {
        limit.soft_value->error("must not exceed the hard limit");
    }
    return *limit.soft;
}

QuickMode finish(const Draft& draft) {
    constexpr std::uint64_t kLastSequenceNumber = std::numeric_limits<std::uint32_t>::max();
    QuickMode mode = draft.mode;
    Lifetime& lifetime = mode.lifetime;
    const auto hard_seconds =
        draft.time.hard.value_or(static_cast<std::uint64_t>(lifetime.hard_time.count()));
    lifetime.hard_time = std::chrono::seconds(hard_seconds);
    lifetime.soft_time = std::chrono::seconds(soft_limit(draft.time, hard_seconds));
    lifetime.hard_octets = draft.octets.hard.value_or(0);
    lifetime.soft_octets = soft_limit(draft.octets, lifetime.hard_octets);
    lifetime.hard_packets = draft.packets.hard.value_or(mode.esn ? 0 : kLastSequenceNumber);
    lifetime.soft_packets = soft_limit(draft.packets, lifetime.hard_packets);
    if (!mode.esn && draft.packets_value &&
        (lifetime.hard_packets == 0 || lifetime.hard_packets > kLastSequenceNumber)) {
        draft.packets_value->error(
            "without esn an SA has 4294967295 sequence numbers; lower the limit or set esn = true");
    }
    return mode;
}

}  // namespace

void read_quick_mode(const Value& table, Loading& loading) {
    Draft standard;
    std::vector<QuickMode> variants;
    read_table_with_variants(
        table, kQuickModeFields, standard, [&](const std::string& name, const Value& variant) {
            if (name == standard.mode.name) {
                return variant.error("this name stands for [quick_mode] itself; choose another");
            }
            Draft draft = standard;
            draft.mode.name = name;
            read_table(variant, kQuickModeFields, draft);
            variants.push_back(finish(draft));
        });
    loading.policy.quick_modes = {finish(standard)};
    std::ranges::move(variants, std::back_inserter(loading.policy.quick_modes));
}

void list_quick_mode_keys(std::vector<std::string>& to) { list_keys("quick_mode", kQuickModeFields, to); }

}  // namespace keyline::policy::config
