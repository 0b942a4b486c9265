#include "wire/describe.h"
#include "wire/names.h"

namespace keyline::wire {
namespace {

std::string authip_notify_label(const AuthipNotification& notification) {
    switch (notification.type) {
        case notify::kExchangeInfo:
            return "Notify(exchange_info)";
        case notify::kStatus:
            if (notification.data.size() != 4) return "Notify(status)";
            return "Notify(status " + std::to_string(load_be32(notification.data.data())) + ")";
        case notify::kDosCookie:
            return "Notify(DOS_COOKIE)";
        case notify::kAck:
            return "Notify(ACK)";
        case notify::kQmSynchronize:
            return "Notify(qm_synchronize)";
        case notify::kAcquire:
            return "Notify(ACQUIRE)";
        default:
            return "Notify(" + notify_name(notification.type) + ")";
    }
}

// Labels depend on what came before in the same message: the first ID is the initiator's, the second the
// responder's.
class Labeller {
  public:
    Labeller(ExchangeType exchange, Sender sender, std::span<const Payload> payloads)
        : exchange_(exchange), sender_(sender), has_hash_(find<Hash>(payloads) != nullptr) {}

    std::string operator()(const SecurityAssociation&) { return "SA"; }
    std::string operator()(const KeyExchange&) { return "KE"; }
    std::string operator()(const Identification&) {
        const bool first = identifications_++ == 0;
        if (is_authip()) return first ? "IDi" : "IDr";
        if (exchange_ == ExchangeType::kQuickMode) return first ? "IDci" : "IDcr";
        return by_sender("IDii", "IDir", "ID");
    }
    std::string operator()(const Certificate&) { return "CERT"; }
    std::string operator()(const CertificateRequest&) { return "CR"; }
    std::string operator()(const Hash&) {
        switch (exchange_) {
            case ExchangeType::kAuthipMainMode:
                return by_sender("HAuth1", "HAuth2", "HASH");
            case ExchangeType::kAuthipExtendedMode:
                return by_sender("HAuth3", "HAuth4", "HASH");
            case ExchangeType::kMainMode:
            case ExchangeType::kAggressive:
                return by_sender("HASH_I", "HASH_R", "HASH");
            default:
                return "HASH";
        }
    }
    std::string operator()(const Signature&) { return by_sender("SIG_I", "SIG_R", "SIG"); }
    std::string operator()(const Nonce&) {
        const bool first = nonces_++ == 0;
        if (!is_authip()) return by_sender("Ni", "Nr", "NONCE");
        // A hash makes it the first quick mode (figure 13); a second nonce is the responder's for it (figure
        // 5).
        const bool quick_mode = exchange_ == ExchangeType::kAuthipQuickMode || has_hash_ || !first;
        return by_sender("Ni", "Nr", "NONCE") + (quick_mode ? "(qm)" : "");
    }
    std::string operator()(const Notification& body) { return "N(" + notify_name(body.type) + ")"; }
    std::string operator()(const AuthipNotification& body) { return authip_notify_label(body); }
    std::string operator()(const Delete&) { return "D"; }
    std::string operator()(const VendorId&) { return "VID"; }
    std::string operator()(const NatDiscovery&) { return "NATD"; }
    std::string operator()(const NatOriginalAddress&) { return "NATOA"; }
    std::string operator()(const GssApi&) { return "GSS-API"; }
    std::string operator()(const Fragment& body) { return "Fragment " + std::to_string(body.number); }
    std::string operator()(const GssId&) { return "GSS_ID"; }
    std::string operator()(const Auth&) { return "Auth"; }
    std::string operator()(const KeyDictation&) {
        return key_dictations_++ == 0 ? "KeyDict(In)" : "KeyDict(Out)";
    }
    std::string operator()(const KeyDictationWeight&) { return "SKWt"; }
    std::string operator()(const Opaque& body) {
        return "payload " + std::to_string(static_cast<std::uint8_t>(body.type));
    }

  private:
    bool is_authip() const { return dialect_of(exchange_) == Dialect::kAuthip; }
    std::string by_sender(const char* initiator, const char* responder, const char* unknown) const {
        switch (sender_) {
            case Sender::kInitiator:
                return initiator;
            case Sender::kResponder:
                return responder;
            case Sender::kUnknown:
                break;
        }
        return unknown;
    }

    ExchangeType exchange_;
    Sender sender_;
    bool has_hash_;
    int identifications_ = 0;
    int nonces_ = 0;
    int key_dictations_ = 0;
};

}  // namespace

std::string summarize(ExchangeType exchange, Sender sender, std::span<const Payload> payloads) {
    Labeller labeller(exchange, sender, payloads);
    std::string summary;
    std::string previous;
    int repetitions = 0;
    const auto flush = [&] {
        if (repetitions == 0) return;
        if (!summary.empty()) summary += ", ";
        summary += previous;
        if (repetitions > 1) summary += " ×" + std::to_string(repetitions);
    };
    for (const Payload& payload : payloads) {
        std::string label = std::visit(labeller, payload.body);
        if (label != previous) {
            flush();
            previous = std::move(label);
            repetitions = 0;
        }
        ++repetitions;
    }
    flush();
    return summary;
}

}  // namespace keyline::wire
