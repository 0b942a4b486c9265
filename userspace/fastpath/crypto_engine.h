// The cryptography of ESP behind one burst interface: OpenSSL everywhere (openssl_engine.h), intel-ipsec-mb
// where the CPU has it (ipsec_mb_engine.h). An engine belongs to one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "fastpath/suite.h"
#include "shared/config.h"

namespace keyline::fastpath {

// Key schedules of one SA in one direction, in the form its engine wants them. Wiped on destruction.
class CipherContext {
  public:
    explicit CipherContext(kl_crypto_engine made_by) : engine(made_by) {}
    CipherContext(const CipherContext&) = delete;
    CipherContext& operator=(const CipherContext&) = delete;
    virtual ~CipherContext() = default;

    const kl_crypto_engine engine;
};

constexpr std::size_t kMaxBurst = 64;

// One packet. From `esp` on stand the ESP header, the IV, the text and the ICV, contiguous and in place.
// Sealing encrypts the text and writes the ICV; opening checks the ICV and decrypts, and the text is
// worthless when it fails.
struct CryptoJob {
    CipherContext* context = nullptr;  // made by the same engine
    std::uint8_t* esp = nullptr;
    std::uint32_t text_octets = 0;
    std::uint32_t sequence_high = 0;  // ESN: the half that is not sent (RFC 4303 2.2.1)
    bool ok = false;                  // the result
};

class CryptoEngine {
  public:
    virtual ~CryptoEngine() = default;

    virtual kl_crypto_engine kind() const = 0;

    // `keys` is not kept. An error when the library refuses the suite.
    virtual std::expected<std::unique_ptr<CipherContext>, std::string> make_context(const Suite& suite,
                                                                                    const kl_sa_keys& keys,
                                                                                    kl_direction direction,
                                                                                    bool esn) = 0;

    // Seals (outbound contexts) and opens (inbound ones) up to kMaxBurst packets of any SAs.
    virtual void run(std::span<CryptoJob> jobs) = 0;
};

// KL_CRYPTO_NONE chooses the fastest that is here. An error names what is missing.
std::expected<std::unique_ptr<CryptoEngine>, std::string> make_engine(kl_crypto_engine wanted);

}  // namespace keyline::fastpath
