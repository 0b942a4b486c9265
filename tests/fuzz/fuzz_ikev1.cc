// Two IKEv1 keyers and somebody between them who does anything to what they send: drops, repeats, cuts and
// damages it, changes payloads, and, knowing the keys, those of encrypted main mode messages too. The input
// chooses the method and says what is done to each message. Afterwards nothing may have leaked.
#include <cstdint>
#include <cstdlib>

#include "fuzz/input.h"
#include "fuzz/spoil.h"
#include "ikev1/keys.h"
#include "ikev1/message_io.h"
#include "simulation/x509_pair.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;

PairWishes wishes_for(std::uint8_t choice) {
    static const test::Pki kPki({kHostA, kHostB});
    constexpr AuthMethod kMethods[] = {AuthMethod::kPreSharedKey, AuthMethod::kSignature,
                                       AuthMethod::kPublicKey, AuthMethod::kRevisedPublicKey};
    const AuthMethod method = kMethods[choice % std::size(kMethods)];
    const char* const kind = method == AuthMethod::kSignature ? "" : ".rsa";
    PairWishes wishes = x509_wishes(method, x509_settings(kPki, kHostA, kHostB, kind),
                                    x509_settings(kPki, kHostB, kHostA, kind));
    wishes.a.key_export = "/nowhere";
    return wishes;
}

class Fuzzer {
  public:
    explicit Fuzzer(FuzzInput input) : input_(input), pair_(wishes_for(input_.octet())) {}

    void run() {
        pair_.world.swallow = [&](const exchange::Send& message) {
            if (!input_.more()) return false;
            meddle(message);
            return true;
        };
        pair_.acquire_at_a();
        // Every timer that hostility can have started ends by then; a packet may ask once more.
        pair_.world.run(400s);
        for (int second = 0; second < 120 && busy(); ++second)
            pair_.world.run(1s);
        if (busy() || !pair_.world.violations().empty()) std::abort();
    }

  private:
    bool busy() const {
        return pair_.a.keyer->limits().incomplete != 0 || pair_.b.keyer->limits().incomplete != 0;
    }

    void meddle(const exchange::Send& message) {
        Bytes data = message.data;
        switch (input_.octet() % 8) {
            case 0:
                return;
            case 1:
                deliver(message, data);
                break;
            case 2:
                data[input_.word() % data.size()] = input_.octet();
                break;
            case 3:
                data.resize(input_.word() % data.size());
                break;
            case 4:
            case 5:
                change_payloads(data);
                break;
            default:
                break;
        }
        deliver(message, std::move(data));
    }

    void deliver(const exchange::Send& message, Bytes data) {
        const auto header = wire::read_header(data);
        if (header && header->encrypted() && header->exchange_type == wire::ExchangeType::kMainMode &&
            data.size() >= wire::kHeaderSize + kBlock) {
            iv_.assign(data.end() - kBlock, data.end());
        }
        pair_.world.after(std::chrono::milliseconds(1), [this, message, data = std::move(data)]() mutable {
            pair_.world.deliver(message.local, message.remote, std::move(data));
        });
    }

    void change_payloads(Bytes& data) {
        const auto header = wire::parse_header(data);
        if (!header) return;
        const ByteView body = ByteView(data).subspan(wire::kHeaderSize);
        if (!header->encrypted()) {
            auto payloads = wire::parse_payloads(body, header->next_payload, wire::Dialect::kIkev1);
            if (!payloads) return;
            note_public_value(*payloads);
            spoil(*payloads);
            if (auto built = wire::build_plain_message(*header, *payloads)) data = std::move(*built);
            return;
        }
        if (header->exchange_type == wire::ExchangeType::kMainMode && !pair_.a.exported.empty())
            change_sealed(*header, data);
    }

    void change_sealed(const wire::Header& header, Bytes& data) {
        const Secret& key = pair_.a.exported.back().encryption_key;
        const Bytes iv = iv_.empty() ? first_iv() : iv_;
        const auto text = crypto::decrypt(kCipher, key.view(), iv, ByteView(data).subspan(wire::kHeaderSize));
        if (!text) return;
        auto padded = wire::parse_padded_payloads(*text, header.next_payload);
        if (!padded) return;
        spoil(padded->payloads);
        auto octets = wire::build_payloads(padded->payloads);
        if (!octets || octets->empty()) return;
        octets->resize((octets->size() + kBlock - 1) / kBlock * kBlock);
        wire::Header changed = header;
        changed.next_payload = wire::first_type(padded->payloads);
        const wire::Message sealed{.header = changed,
                                   .crypto = std::nullopt,
                                   .payloads = {},
                                   .sealed = *crypto::encrypt(kCipher, key.view(), iv, *octets)};
        if (auto built = wire::build_message(sealed)) data = std::move(*built);
    }

    void spoil(std::vector<wire::Payload>& payloads) {
        simulation::spoil(input_, payloads, [this](std::vector<wire::Payload>& list, std::size_t at) {
            Bytes body = ikev1::body_of(list[at]);
            if (body.empty()) return;
            body[input_.word() % body.size()] = input_.octet();
            list[at] = ikev1::payload_of(list[at].type(), std::move(body));
        });
    }

    void note_public_value(const std::vector<wire::Payload>& payloads) {
        if (const auto* key_exchange = wire::find<wire::KeyExchange>(payloads))
            public_values_.push_back(key_exchange->public_value);
    }

    Bytes first_iv() const {
        if (public_values_.size() < 2) return Bytes(kBlock);
        return ikev1::first_iv({.hash = crypto::HashAlgorithm::kSha256, .cipher = kCipher}, public_values_[0],
                               public_values_[1]);
    }

    static constexpr auto kCipher = crypto::CipherAlgorithm::kAes256Cbc;
    static constexpr std::size_t kBlock = 16;

    FuzzInput input_;
    Pair pair_;
    std::vector<Bytes> public_values_;  // seen in clear
    Bytes iv_;                          // of main mode's next encrypted message, once there was one
};

}  // namespace
}  // namespace keyline::simulation

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keyline::simulation::Fuzzer({data, size}).run();
    return 0;
}
