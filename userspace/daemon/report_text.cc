#include "daemon/report_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "auth/sec_status.h"
#include "base/overloaded.h"

namespace keyline::daemon {
namespace {

using namespace exchange;

// "10.0.0.2:500 (main mode 3, initiator)".
std::string name_of(const MmName& mm) {
    return fmt::format("{} (main mode {}, {})", mm.remote.to_string(), mm.id, to_string(mm.role));
}

std::string method_names(const std::vector<auth::MethodId>& methods) {
    std::vector<std::string> names;
    for (const auth::MethodId method : methods)
        names.push_back(auth::to_string(method));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string message_text(std::string_view verb, const auto& message) {
    const std::string number = message.number != 0 ? fmt::format("#{}", message.number) : "notify";
    return fmt::format("{}: {} {} HDR{}, {} ({} octets)", name_of(message.mm), verb, number,
                       message.encrypted ? "*" : "", printable(message.payloads), message.octets);
}

const char* mode_suffix(bool extended_mode) { return extended_mode ? " in extended mode" : ""; }

std::string peer_text(const std::string& peer) { return peer.empty() ? "anonymous" : printable(peer); }

std::string credentials_text(const exchange::CredentialFlags& credentials) {
    return fmt::format("{}{}", credentials.impersonation ? "user credentials, " : "",
                       credentials.explicit_credentials ? "explicit credentials, " : "");
}

std::string proof_text(const std::optional<EmProof>& proof) {
    if (!proof) return "";
    return fmt::format(", extended mode with {}{} by {}", credentials_text(proof->credentials),
                       peer_text(proof->peer), auth::to_string(proof->method));
}

}  // namespace

std::string spi_text(std::uint32_t spi) { return fmt::format("{:#010x}", spi); }

std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        // UTF-8 continuation and lead octets pass: names are UTF-8, and no terminal acts on them.
        if (octet < 0x20 || octet == 0x7f) {
            result += fmt::format("\\x{:02x}", octet);
        } else {
            result += c;
        }
    }
    return result;
}

std::string to_text(const Report& report) {
    return std::visit(
        Overloaded{
            [](const MmStarted& r) { return fmt::format("{}: main mode started", name_of(r.mm)); },
            [](const MmProposed& r) {
                return fmt::format("{}: {} offers {} with {}", name_of(r.mm), to_string(r.by),
                                   fmt::join(r.proposals, ", "), method_names(r.methods));
            },
            [](const MmChosen& r) {
                return fmt::format("{}: {} chose {} with {}", name_of(r.mm), to_string(r.by), r.proposal,
                                   method_names(r.methods));
            },
            [](const EmProposed& r) {
                return fmt::format("{}: {} offers extended mode with {}", name_of(r.mm), to_string(r.by),
                                   method_names(r.methods));
            },
            [](const EmChosen& r) {
                return fmt::format("{}: {} chose extended mode with {}", name_of(r.mm), to_string(r.by),
                                   method_names(r.methods));
            },
            [](const MethodTried& r) {
                return fmt::format("{}: trying {}{}", name_of(r.mm), auth::to_string(r.method),
                                   mode_suffix(r.extended_mode));
            },
            [](const MethodFailed& r) {
                return fmt::format("{}: {}{} failed at {} (status {}){}{}", name_of(r.mm),
                                   auth::to_string(r.method), mode_suffix(r.extended_mode), to_string(r.by),
                                   auth::sec_status_text(r.status), r.reason.empty() ? "" : ": ",
                                   printable(r.reason));
            },
            [](const MmEstablished& r) {
                return fmt::format("{}: main mode established with {}{} by {}, {}{}{}", name_of(r.mm),
                                   credentials_text(r.credentials), peer_text(r.peer),
                                   auth::to_string(r.method), r.proposal, r.nat ? ", behind a NAT" : "",
                                   proof_text(r.extended_mode));
            },
            [](const MmMoved& r) {
                return fmt::format("{}: moved there from {}, and its SAs with it", name_of(r.mm),
                                   r.from.to_string());
            },
            [](const QmProposed& r) {
                return fmt::format("{}: {} offers quick mode {:#x} for {}: {}{}", name_of(r.mm),
                                   to_string(r.by), r.message_id, r.selector, fmt::join(r.suites, ", "),
                                   r.pfs ? " with PFS" : "");
            },
            [](const QmEstablished& r) {
                return fmt::format("{}: quick mode {} for {}: in {}, out {}, {}, {}{}", name_of(r.mm),
                                   r.rekey ? "rekeyed" : "established", r.selector.to_string(),
                                   spi_text(r.inbound_spi), spi_text(r.outbound_spi), r.suite.to_string(),
                                   policy::to_string(r.mode), r.pfs ? ", PFS" : "");
            },
            [](const QmDeleted& r) {
                return fmt::format("SAs in {}, out {} for {} deleted: {}", spi_text(r.inbound_spi),
                                   spi_text(r.outbound_spi), r.selector.to_string(), r.reason);
            },
            [](const MmDeleted& r) {
                return fmt::format("{}: main mode deleted: {}", name_of(r.mm), r.reason);
            },
            [](const NegotiationFailed& r) {
                const std::string code = r.code != 0 ? fmt::format(" (code {})", r.code) : "";
                return fmt::format("{}: {} refused by {}{}: {}", name_of(r.mm), to_string(r.stage),
                                   to_string(r.by), code, printable(r.text));
            },
            [](const MessageSent& r) { return message_text(r.retransmission ? "sent again" : "sent", r); },
            [](const MessageReceived& r) { return message_text("received", r); },
            [](const Dropped& r) {
                return fmt::format("dropped a message from {}: {}: {}", r.remote.to_string(),
                                   reason_name(r.reason), printable(r.text));
            },
            [](const DosProtection& r) {
                return fmt::format("DoS protection {}: {} unfinished main modes", r.active ? "on" : "off",
                                   r.incomplete);
            },
            [](const AdminDone& r) {
                return fmt::format("request {}: {}", r.ok ? "done" : "failed", r.text);
            },
            [](const Warning& r) { return printable(r.text); },
            [](const ShutdownDone&) { return std::string("every peer has been told of the shutdown"); },
        },
        report);
}

spdlog::level::level_enum level_of(const Report& report) {
    using spdlog::level::level_enum;
    return std::visit(
        Overloaded{
            [](const MmEstablished&) { return level_enum::info; },
            [](const MmMoved&) { return level_enum::info; },
            [](const QmEstablished&) { return level_enum::info; },
            [](const QmDeleted&) { return level_enum::info; },
            [](const MmDeleted&) { return level_enum::info; },
            [](const MethodFailed&) { return level_enum::warn; },
            [](const NegotiationFailed&) { return level_enum::warn; },
            [](const DosProtection& r) { return r.active ? level_enum::warn : level_enum::info; },
            [](const Warning&) { return level_enum::warn; },
            [](const Dropped&) { return level_enum::info; },
            [](const auto&) { return level_enum::debug; },
        },
        report);
}

bool is_provoked(const Report& report) {
    return std::holds_alternative<Dropped>(report) || std::holds_alternative<NegotiationFailed>(report) ||
           std::holds_alternative<MethodFailed>(report) || std::holds_alternative<MmDeleted>(report);
}

}  // namespace keyline::daemon
