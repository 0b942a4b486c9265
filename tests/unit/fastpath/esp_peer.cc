// One end of an SA for scapy_oracle.py. Each line on standard input is
//   seal|open  openssl|ipsec-mb  SUITE  transport|tunnel  FAMILY-OF-OUTER  ESN  UDP  SEQUENCE  KEY  AUTH-KEY
//   PACKET
// with keys and packet in hexadecimal ("-" for none), and is answered by the resulting packet or "dropped:
// REASON".
#include <iostream>
#include <sstream>

#include "fastpath/open.h"
#include "fastpath/seal.h"
#include "unit/fastpath/packets.h"

namespace {

using namespace keyline;
using namespace keyline::fastpath;
using namespace keyline::fastpath::testing;

constexpr const char* kReasonNames[] = {
#define X(identifier, name, cause, remedy) name,
    KL_REASONS(X)
#undef X
};

Bytes octets_of(const std::string& text) { return text == "-" ? Bytes{} : from_hex(text).value(); }

std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string operation, engine_word, suite_name, mode, key_text, auth_text, packet_text;
    unsigned family = 0, esn = 0, udp = 0;
    std::uint64_t sequence = 0;
    words >> operation >> engine_word >> suite_name >> mode >> family >> esn >> udp >> sequence >> key_text >>
        auth_text >> packet_text;
    const bool seals = operation == "seal";
    auto engine = make_engine(engine_word == "openssl" ? KL_CRYPTO_OPENSSL : KL_CRYPTO_IPSEC_MB);
    if (!engine) return "dropped: " + engine.error();
    const Bytes packet = octets_of(packet_text);

    SaMaker maker{
        .mode = mode == "tunnel" ? KL_TUNNEL : KL_TRANSPORT,
        .family = static_cast<std::uint8_t>(family),
        .flags = static_cast<std::uint16_t>((esn != 0 ? KL_SA_ESN : 0) | (udp != 0 ? KL_SA_UDP_ENCAP : 0))};
    for (const SuiteChoice& suite : kSuites) {
        if (suite_name == suite.name) maker.suite = suite;
    }
    kl_sa sa = maker.sa(seals ? KL_OUTBOUND : KL_INBOUND);
    kl_sa_keys keys{};
    const Bytes key = octets_of(key_text), auth = octets_of(auth_text);
    std::copy(key.begin(), key.end(), keys.encryption);
    std::copy(auth.begin(), auth.end(), keys.integrity);
    keys.encryption_octets = static_cast<std::uint8_t>(key.size());
    keys.integrity_octets = static_cast<std::uint8_t>(auth.size());

    Buffer buffer(packet);
    std::uint32_t sa_events = 0;
    kl_reason reason{};
    if (seals) {
        TestSa out(**engine, sa, keys);
        out.state.sequence = sequence - 1;
        SealRequest request{.frame = &buffer.frame, .sa = out.sa.get(), .path_mtu = 65535};
        Sealer(**engine, &sa_events).seal({&request, 1}, {});
        reason = request.reason;
    } else {
        // Any inner family may come out of it.
        TestSa v4(**engine, sa, keys);
        sa.selector.family = KL_FAMILY_V6;
        TestSa v6(**engine, sa, keys);
        const Buffer original = buffer;
        for (TestSa* in : {&v4, &v6}) {
            buffer.room = original.room;
            buffer.frame = original.frame;
            buffer.frame.room = buffer.room.data();
            in->state.sequence = sequence - 1;
            OpenRequest request{.frame = &buffer.frame, .sa = in->sa.get()};
            Opener(**engine, &sa_events).open({&request, 1}, {});
            reason = request.reason;
            if (reason != KL_REASON_DROP_SELECTOR) break;
        }
    }
    if (reason != KL_REASON_SEALED && reason != KL_REASON_OPENED) {
        return std::string("dropped: ") + kReasonNames[reason];
    }
    return to_hex(buffer.packet());
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(line) << std::endl;
}
