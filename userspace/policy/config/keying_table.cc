// Tables [keying] and [debug].
#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

void read_seconds(const Value& value, seconds least, seconds most, seconds& to) {
    if (const auto reading = value.duration(least, most)) to = duration_cast<seconds>(*reading);
}

constexpr std::int64_t kMaxRetransmissions = 7;  // MS-AIPS 3.1.6

constexpr Field<Keying> kKeyingFields[] = {
    {"retransmit_interval",
     [](const Value& value, Keying& keying) {
         assign(keying.retransmit_interval, value.duration(milliseconds(100), seconds(60)));
     }},
    {"retransmit_limit",
     [](const Value& value, Keying& keying) {
         assign(keying.retransmit_limit, value.integer(1, kMaxRetransmissions));
     }},
    {"first_message_retransmit_limit",
     [](const Value& value, Keying& keying) {
         assign(keying.first_message_retransmit_limit, value.integer(1, kMaxRetransmissions));
     }},
    {"responder_timeout",
     [](const Value& value, Keying& keying) {
         read_seconds(value, seconds(1), hours(1), keying.responder_timeout);
     }},
    {"nat_keepalive",
     [](const Value& value, Keying& keying) {
         read_seconds(value, seconds(1), hours(1), keying.nat_keepalive);
     }},
    {"rekey_overlap",
     [](const Value& value, Keying& keying) {
         read_seconds(value, seconds(1), hours(1), keying.rekey_overlap);
     }},
    {"dead_peer_timeout",
     [](const Value& value, Keying& keying) {
         read_seconds(value, seconds(0), hours(1), keying.dead_peer_timeout);
     }},
    {"dpd_delay", [](const Value& value,
                     Keying& keying) { read_seconds(value, seconds(0), hours(24), keying.dpd_delay); }},
    {"dpd_timeout", [](const Value& value,
                       Keying& keying) { read_seconds(value, seconds(0), hours(1), keying.dpd_timeout); }},
    {"idle_timeout", [](const Value& value,
                        Keying& keying) { read_seconds(value, seconds(0), hours(24), keying.idle_timeout); }},
    {"cluster_idle_timeout",
     [](const Value& value, Keying& keying) {
         read_seconds(value, seconds(0), hours(24), keying.cluster_idle_timeout);
     }},
    {"cluster", [](const Value& value, Keying& keying) { assign(keying.cluster, value.boolean()); }},
    {"mm_sas_per_peer",
     [](const Value& value, Keying& keying) { assign(keying.mm_sas_per_peer, value.integer(1, 10000)); }},
    {"negotiations_per_peer",
     [](const Value& value, Keying& keying) {
         assign(keying.negotiations_per_peer, value.integer(1, 10000));
     }},
    {"dos_threshold",
     [](const Value& value, Keying& keying) { assign(keying.dos_threshold, value.integer(1, 10000)); }},
    {"qm_key_order",
     [](const Value& value, Keying& keying) { assign(keying.qm_key_order, value.one_of(kQmKeyOrderNames)); }},
};

void read_key_export(const Value& value, Debug& debug) {
    const auto text = value.text();
    if (!text) return;
    if (!text->starts_with('/') || text->ends_with('/')) {
        value.error_expected("the absolute path of a directory, without a slash at its end");
        return;
    }
    value.warning("every key goes to " + in_quotes(*text) + ": whoever reads that reads all traffic");
    debug.key_export = *text;
}

constexpr Field<Debug> kDebugFields[] = {{"key_export", read_key_export}};

}  // namespace

void read_keying(const Value& table, Loading& loading) {
    read_table(table, kKeyingFields, loading.policy.keying);
}

void read_debug(const Value& table, Loading& loading) {
    read_table(table, kDebugFields, loading.policy.debug);
}

void list_keying_keys(std::vector<std::string>& to) {
    list_keys("keying", kKeyingFields, to);
    list_keys("debug", kDebugFields, to);
}

}  // namespace keyline::policy::config
