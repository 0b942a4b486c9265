// Groups over the integers modulo a safe prime, generator 2 (RFC 2409 section 6, RFC 3526).
#include "crypto/dh_internal.h"
#include "crypto/openssl.h"

namespace keyline::crypto::modp {
namespace {

using openssl::BnCtxPtr;
using openssl::BnPtr;
using openssl::require;

struct Group {
    BnPtr prime;
    BnPtr largest;  // p - 2, the largest public value that is taken
    openssl::MontPtr montgomery;
    std::size_t private_octets;  // RFC 3526 section 8: twice the strength estimate, the higher one
};

Group make_group(BIGNUM* (*prime)(BIGNUM*), std::size_t private_octets) {
    const BnCtxPtr context(require(BN_CTX_new(), "BN_CTX_new"));
    Group group{BnPtr(require(prime(nullptr), "BN_get_rfc3526_prime")), BnPtr(require(BN_new(), "BN_new")),
                openssl::MontPtr(require(BN_MONT_CTX_new(), "BN_MONT_CTX_new")), private_octets};
    require(BN_copy(group.largest.get(), group.prime.get()), "BN_copy");
    require(BN_sub_word(group.largest.get(), 2) == 1, "BN_sub_word");
    require(BN_MONT_CTX_set(group.montgomery.get(), group.prime.get(), context.get()) == 1,
            "BN_MONT_CTX_set");
    return group;
}

const Group& group_of(DhGroup group) {
    switch (group) {
        case DhGroup::kModp768: {
            static const Group kGroup = make_group(BN_get_rfc2409_prime_768, 32);
            return kGroup;
        }
        case DhGroup::kModp1024: {
            static const Group kGroup = make_group(BN_get_rfc2409_prime_1024, 32);
            return kGroup;
        }
        case DhGroup::kModp1536: {
            static const Group kGroup = make_group(BN_get_rfc3526_prime_1536, 32);
            return kGroup;
        }
        case DhGroup::kModp3072: {
            static const Group kGroup = make_group(BN_get_rfc3526_prime_3072, 56);
            return kGroup;
        }
        case DhGroup::kModp4096: {
            static const Group kGroup = make_group(BN_get_rfc3526_prime_4096, 64);
            return kGroup;
        }
        case DhGroup::kModp6144: {
            static const Group kGroup = make_group(BN_get_rfc3526_prime_6144, 72);
            return kGroup;
        }
        case DhGroup::kModp8192: {
            static const Group kGroup = make_group(BN_get_rfc3526_prime_8192, 80);
            return kGroup;
        }
        default:
            break;
    }
    static const Group kGroup = make_group(BN_get_rfc3526_prime_2048, 40);
    return kGroup;
}

// base ^ private_value mod p, in the modulus length.
void power(const Group& group, const BIGNUM* base, const Secret& private_value, std::span<std::uint8_t> out) {
    const BnCtxPtr context(require(BN_CTX_new(), "BN_CTX_new"));
    const BnPtr exponent(
        require(BN_bin2bn(private_value.view().data(), static_cast<int>(private_value.size()), nullptr),
                "BN_bin2bn"));
    const BnPtr result(require(BN_new(), "BN_new"));
    require(BN_mod_exp_mont_consttime(result.get(), base, exponent.get(), group.prime.get(), context.get(),
                                      group.montgomery.get()) == 1,
            "BN_mod_exp_mont_consttime");
    require(BN_bn2binpad(result.get(), out.data(), static_cast<int>(out.size())) >= 0, "BN_bn2binpad");
}

}  // namespace

std::size_t prime_size(DhGroup group) {
    return static_cast<std::size_t>(BN_num_bytes(group_of(group).prime.get()));
}

Secret random_private(DhGroup group, RandomSource& random) {
    Secret private_value(group_of(group).private_octets);
    random.fill(private_value.writable());
    private_value.writable()[0] |= 0x80;  // full length, so never 0 or 1
    return private_value;
}

Bytes public_value(DhGroup group, const Secret& private_value) {
    const BnPtr generator(require(BN_new(), "BN_new"));
    require(BN_set_word(generator.get(), 2) == 1, "BN_set_word");
    Bytes value(prime_size(group));
    power(group_of(group), generator.get(), private_value, value);
    return value;
}

std::expected<Secret, DhError> compute(DhGroup group, const Secret& private_value, ByteView peer) {
    const Group& numbers = group_of(group);
    const BnPtr base(require(BN_bin2bn(peer.data(), static_cast<int>(peer.size()), nullptr), "BN_bin2bn"));
    if (BN_is_zero(base.get()) || BN_is_one(base.get()) || BN_cmp(base.get(), numbers.largest.get()) > 0) {
        return std::unexpected(DhError::kOutOfRange);
    }
    Secret shared(prime_size(group));
    power(numbers, base.get(), private_value, shared.writable());
    return shared;
}

}  // namespace keyline::crypto::modp
