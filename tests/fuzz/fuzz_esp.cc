// The fast path under hostile packets, with both engines at once. The input's first octet chooses SA and use;
// the rest is
//   0: frames as they come from the kernel, each a length and octets, of every handover kind;
//   1: the text of an authentic ESP packet, so that what follows the ICV check is reached.
// The engines must agree, no frame may leak, and nothing may be delivered that the selector does not cover.
#include <cstdlib>

#include "fastpath/ipsec_mb_engine.h"
#include "fastpath/openssl_engine.h"
#include "unit/fastpath/fakes.h"

namespace {

using namespace keyline;
using namespace keyline::fastpath;
using namespace keyline::fastpath::testing;

constexpr std::uint32_t kFrames = 256;
constexpr std::uint32_t kOut = 1, kIn = 2;

struct Choice {
    SaMaker maker;
    bool authentic;
};

Choice choose(std::uint8_t octet) {
    Choice choice;
    choice.authentic = (octet & 1) != 0;
    choice.maker.mode = (octet & 2) != 0 ? KL_TUNNEL : KL_TRANSPORT;
    choice.maker.family = (octet & 4) != 0 ? KL_FAMILY_V6 : KL_FAMILY_V4;
    choice.maker.inner_family = (octet & 8) != 0 ? KL_FAMILY_V6 : KL_FAMILY_V4;
    choice.maker.suite = kSuites[(octet >> 4) % std::size(kSuites)];
    return choice;
}

// An authentic packet around `text`, padded to the suite's alignment.
Bytes forge(CryptoEngine& engine, const SaMaker& maker, Bytes text) {
    const kl_sa sa = maker.sa(KL_OUTBOUND);
    const Suite suite = *suite_of(sa, maker.keys());
    while (text.empty() || text.size() % suite.alignment != 0)
        text.insert(text.begin(), 0);
    const Bytes header = UdpPacket{.family = maker.family, .payload_octets = 0}.build();
    Bytes packet(header.begin(), header.end() - 8);
    const std::size_t esp_at = packet.size();
    append_be32(packet, sa.spi);
    append_be32(packet, 1);
    packet.resize(packet.size() + suite.iv_octets);
    append(packet, text);
    packet.resize(packet.size() + suite.icv_octets);
    packet[maker.family == KL_FAMILY_V4 ? 9 : 6] = kProtocolEsp;
    set_total_octets(packet, static_cast<std::uint32_t>(packet.size()));
    const auto context = engine.make_context(suite, maker.keys(), KL_OUTBOUND, false);
    CryptoJob job{.context = context->get(),
                  .esp = &packet[esp_at],
                  .text_octets = static_cast<std::uint32_t>(text.size())};
    engine.run({&job, 1});
    if (!job.ok) std::abort();
    return packet;
}

// Runs the input through one engine; what was sent, for comparison.
std::vector<Sent> run(CryptoEngine& engine, const Choice& choice, ByteView input) {
    const auto pool = std::move(*FramePool::create(kFrames));
    FakeSas sas;
    sas.sas[kOut] = std::make_unique<TestSa>(engine, choice.maker, KL_OUTBOUND);
    sas.sas[kIn] = std::make_unique<TestSa>(engine, choice.maker, KL_INBOUND);
    FakeConnections connections;
    FakeSink sink(*pool);
    std::vector<kl_port> ports(KL_MAX_PORTS);
    kl_worker_counters counters{};
    std::uint32_t sa_events = 0;
    {
        PacketPath path(engine, sas, connections, sink, *pool, ports, counters, &sa_events);
        path.set_clock({.monotonic = 1'000'000'000'000});
        const auto receive = [&](ByteView octets) {
            auto frame = pool->take_for(static_cast<std::uint32_t>(octets.size()));
            if (!frame) std::abort();
            frame->length = static_cast<std::uint32_t>(octets.size());
            std::copy(octets.begin(), octets.end(), frame->link());
            path.receive(1, *frame);
        };
        if (choice.authentic) {
            Bytes frame(kEthernetOctets);
            write_handover(frame.data(), KL_HANDOVER_OPEN, 1, kIn);
            frame[12] = choice.maker.family == KL_FAMILY_V4 ? 0x08 : 0x86;
            frame[13] = choice.maker.family == KL_FAMILY_V4 ? 0x00 : 0xdd;
            append(frame, forge(engine, choice.maker, {input.begin(), input.end()}));
            receive(frame);
        }
        while (!choice.authentic && input.size() > 2) {
            const std::size_t octets = std::min<std::size_t>(load_be16(input.data()), input.size() - 2);
            receive(input.subspan(2, octets));
            input = input.subspan(2 + octets);
        }
        path.flush();
        sas.negotiated = Awaited::kFastpathSa;
        path.tick();
        path.set_clock({.monotonic = 2'000'000'000'000});
        path.tick();
        if (path.is_waiting()) std::abort();
    }
    if (pool->free_frames() != kFrames) std::abort();
    return sink.sent;
}

bool same(const std::vector<Sent>& left, const std::vector<Sent>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const Sent& a, const Sent& b) {
        return a.port == b.port && a.frame.size() == b.frame.size();
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto openssl = make_openssl_engine();
    static const auto ipsec_mb = make_ipsec_mb_engine();
    if (size == 0) return 0;
    const Choice choice = choose(data[0]);
    const ByteView input(data + 1, size - 1);
    const auto sent = run(*openssl, choice, input);
    if (ipsec_mb && !same(sent, run(**ipsec_mb, choice, input))) std::abort();
    return 0;
}
