// What ESP costs per packet, beside the bare OpenSSL call on the same buffers in the same run.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "bench_sa.h"
#include "fastpath/open.h"
#include "fastpath/seal.h"
#include "statistics.h"

namespace {

using namespace keyline;
using namespace keyline::fastpath;
using bench::fail;
using bench::median;
using Watch = std::chrono::steady_clock;

constexpr std::size_t kBurst = 32;
constexpr int kRounds = 7;
constexpr std::uint32_t kRoom = 2048;
constexpr std::uint32_t kStart = 256;

// kBurst packets, in memory laid out as a worker's frames are.
class Packets {
  public:
    explicit Packets(std::uint32_t octets) : octets_(octets), memory_(kBurst * kRoom) {
        template_ = bench::udp_packet(octets);
        restore_all();
    }
    // Makes every frame the plaintext packet again.
    void restore_all() {
        for (std::size_t i = 0; i < kBurst; ++i) {
            std::uint8_t* const room = &memory_[i * kRoom];
            frames_[i] = {room, kRoom, kStart, octets_, 0};
            std::copy(template_.begin(), template_.end(), room + kStart);
        }
    }
    std::array<Frame, kBurst>& frames() { return frames_; }

  private:
    std::uint32_t octets_;
    Bytes template_;
    std::vector<std::uint8_t> memory_;
    std::array<Frame, kBurst> frames_;
};

// Nanoseconds per packet: the median of rounds, in each of which only `work` is timed.
template <typename Prepare, typename Work>
double measure(Prepare&& prepare, Work&& work) {
    std::vector<double> rounds;
    for (int round = 0; round < kRounds; ++round) {
        Watch::duration spent{};
        std::size_t packets = 0;
        const auto end = Watch::now() + std::chrono::milliseconds(60);
        while (Watch::now() < end) {
            prepare();
            const auto begin = Watch::now();
            work();
            spent += Watch::now() - begin;
            packets += kBurst;
        }
        rounds.push_back(std::chrono::duration<double, std::nano>(spent).count() /
                         static_cast<double>(packets));
    }
    return median(rounds);
}

struct Figures {
    double seal, open;
};

Figures measure_engine(kl_crypto_engine kind, const bench::Suite& suite, std::uint32_t octets) {
    auto engine = make_engine(kind);
    if (!engine) fail(engine.error());
    bench::SaPair pair(**engine, suite);
    std::uint32_t sa_events = 0;
    Sealer sealer(**engine, &sa_events);
    Opener opener(**engine, &sa_events);
    Packets packets(octets);
    std::array<SealRequest, kBurst> seals;
    std::array<OpenRequest, kBurst> opens;
    const Clock clock = Clock::now();
    const auto restore = [&] {
        packets.restore_all();
        for (std::size_t i = 0; i < kBurst; ++i) {
            seals[i] = {.frame = &packets.frames()[i], .sa = &pair.outbound(), .path_mtu = 1500};
            opens[i] = {.frame = &packets.frames()[i], .sa = &pair.inbound()};
        }
    };
    const auto seal = [&] { sealer.seal(seals, clock); };
    const auto open = [&] { opener.open(opens, clock); };
    Figures figures{};
    figures.seal = measure(restore, seal);
    figures.open = measure([&] { restore(), seal(); }, open);
    // An engine that does nothing would be fast.
    for (std::size_t i = 0; i < kBurst; ++i) {
        if (seals[i].reason != KL_REASON_SEALED || opens[i].reason != KL_REASON_OPENED)
            fail("a packet was refused");
        const auto packet = packets.frames()[i].packet();
        if (!std::ranges::equal(packet, bench::udp_packet(octets)))
            fail("what was opened is not what was sealed");
    }
    return figures;
}

// The call that no ESP on OpenSSL can do without: IV, AAD, text, tag; the key is set once.
double measure_bare(const bench::Suite& suite, std::uint32_t octets) {
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    const std::array<std::uint8_t, 32> key{};
    const EVP_CIPHER* const cipher = suite.key_octets == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), nullptr);
    Packets packets(octets);
    std::array<std::uint8_t, 12> iv{};
    std::array<std::uint8_t, 8> aad{};
    std::array<std::uint8_t, 16> tag;
    const double nanoseconds =
        measure([&] { packets.restore_all(); },
                [&] {
                    for (Frame& frame : packets.frames()) {
                        int written = 0;
                        ++iv[0];
                        EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
                        EVP_EncryptUpdate(context, nullptr, &written, aad.data(), aad.size());
                        EVP_EncryptUpdate(context, frame.network(), &written, frame.network(),
                                          static_cast<int>(octets));
                        EVP_EncryptFinal_ex(context, tag.data(), &written);
                        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag.data());
                    }
                });
    EVP_CIPHER_CTX_free(context);
    return nanoseconds;
}

}  // namespace

int main() {
    fmt::print(
        "ESP, tunnel mode, IPv4: nanoseconds per packet, medians of {} rounds, bursts of {}, one thread.\n"
        "Every burst is opened again and compared. \"bare\" is the EVP seal alone (IV, AAD, text, tag).\n"
        "The ratio is bare / seal: how much of the cost is the cipher itself; above 1, cheaper than bare "
        "OpenSSL.\n\n",
        kRounds, kBurst);
    const bool has_ipsec_mb = make_engine(KL_CRYPTO_IPSEC_MB).has_value();
    fmt::print("{:<26} {:>6} {:>8} | {:>8} {:>8} {:>6} | {:>8} {:>8} {:>6}\n", "suite", "octets", "bare",
               "openssl:", "open", "ratio", "ipsec-mb:", "open", "ratio");
    for (const bench::Suite& suite : bench::kSuites) {
        for (const std::uint32_t octets : {64U, 512U, 1400U}) {
            const bool gcm = suite.encryption == KL_ENCR_AES_GCM_16;
            const double bare = gcm ? measure_bare(suite, octets) : 0;
            const auto ratio = [&](double seal) {
                return gcm ? fmt::format("{:.2f}", bare / seal) : std::string("-");
            };
            const Figures openssl = measure_engine(KL_CRYPTO_OPENSSL, suite, octets);
            fmt::print("{:<26} {:>6} {:>8} | {:>8.0f} {:>8.0f} {:>6}", suite.name, octets,
                       gcm ? fmt::format("{:.0f}", bare) : "-", openssl.seal, openssl.open,
                       ratio(openssl.seal));
            if (has_ipsec_mb) {
                const Figures ipsec_mb = measure_engine(KL_CRYPTO_IPSEC_MB, suite, octets);
                fmt::print(" | {:>8.0f} {:>8.0f} {:>6}", ipsec_mb.seal, ipsec_mb.open, ratio(ipsec_mb.seal));
            }
            fmt::print("\n");
        }
    }
    if (!has_ipsec_mb) fmt::print("\nintel-ipsec-mb is not available here.\n");
}
