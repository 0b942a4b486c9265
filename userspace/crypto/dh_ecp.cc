// Elliptic curve groups modulo a prime (RFC 5903).
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "crypto/dh_internal.h"
#include "crypto/openssl.h"

namespace keyline::crypto::ecp {
namespace {

using openssl::BnCtxPtr;
using openssl::BnPtr;
using openssl::EcPointPtr;
using openssl::require;

const EC_GROUP* curve_of(DhGroup group) {
    const auto make = [](int nid) {
        return require(EC_GROUP_new_by_curve_name(nid), "EC_GROUP_new_by_curve_name");
    };
    switch (group) {
        case DhGroup::kEcp384: {
            static const openssl::EcGroupPtr kCurve(make(NID_secp384r1));
            return kCurve.get();
        }
        case DhGroup::kEcp521: {
            static const openssl::EcGroupPtr kCurve(make(NID_secp521r1));
            return kCurve.get();
        }
        default:
            break;
    }
    static const openssl::EcGroupPtr kCurve(make(NID_X9_62_prime256v1));
    return kCurve.get();
}

BnPtr number(ByteView octets) {
    return BnPtr(require(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), "BN_bin2bn"));
}

// x and, when there is room for it, y.
void write_coordinates(DhGroup group, const EC_POINT* point, std::span<std::uint8_t> out, BN_CTX* context) {
    const BnPtr x(require(BN_new(), "BN_new"));
    const BnPtr y(require(BN_new(), "BN_new"));
    require(EC_POINT_get_affine_coordinates(curve_of(group), point, x.get(), y.get(), context) == 1,
            "EC_POINT_get_affine_coordinates");
    const std::size_t size = coordinate_size(group);
    require(BN_bn2binpad(x.get(), out.data(), static_cast<int>(size)) >= 0, "BN_bn2binpad");
    if (out.size() > size) {
        require(BN_bn2binpad(y.get(), out.data() + size, static_cast<int>(size)) >= 0, "BN_bn2binpad");
    }
}

}  // namespace

std::size_t coordinate_size(DhGroup group) {
    return (static_cast<std::size_t>(EC_GROUP_get_degree(curve_of(group))) + 7) / 8;
}

Secret random_private(DhGroup group, RandomSource& random) {
    const BIGNUM* order = EC_GROUP_get0_order(curve_of(group));
    Secret private_value(static_cast<std::size_t>(BN_num_bytes(order)));
    const unsigned spare_bits =
        static_cast<unsigned>(private_value.size() * 8) - static_cast<unsigned>(BN_num_bits(order));
    // Uniform below the order: draw again when not.
    for (;;) {
        random.fill(private_value.writable());
        private_value.writable()[0] &= static_cast<std::uint8_t>(0xff >> spare_bits);
        const BnPtr value = number(private_value.view());
        if (!BN_is_zero(value.get()) && BN_cmp(value.get(), order) < 0) return private_value;
    }
}

Bytes public_value(DhGroup group, const Secret& private_value) {
    const EC_GROUP* curve = curve_of(group);
    const BnCtxPtr context(require(BN_CTX_new(), "BN_CTX_new"));
    const EcPointPtr point(require(EC_POINT_new(curve), "EC_POINT_new"));
    const BnPtr scalar = number(private_value.view());
    require(EC_POINT_mul(curve, point.get(), scalar.get(), nullptr, nullptr, context.get()) == 1,
            "EC_POINT_mul");
    Bytes value(2 * coordinate_size(group));
    write_coordinates(group, point.get(), value, context.get());
    return value;
}

std::expected<Secret, DhError> compute(DhGroup group, const Secret& private_value, ByteView peer) {
    const EC_GROUP* curve = curve_of(group);
    const std::size_t size = coordinate_size(group);
    const BnCtxPtr context(require(BN_CTX_new(), "BN_CTX_new"));
    const EcPointPtr peer_point(require(EC_POINT_new(curve), "EC_POINT_new"));
    const BnPtr x = number(peer.first(size));
    const BnPtr y = number(peer.subspan(size));
    // Refuses coordinates that are not below p and points off the curve; the cofactor is 1, so no small
    // subgroups.
    if (EC_POINT_set_affine_coordinates(curve, peer_point.get(), x.get(), y.get(), context.get()) != 1) {
        ERR_clear_error();
        return std::unexpected(DhError::kNotOnCurve);
    }
    const EcPointPtr shared_point(require(EC_POINT_new(curve), "EC_POINT_new"));
    const BnPtr scalar = number(private_value.view());
    require(
        EC_POINT_mul(curve, shared_point.get(), nullptr, peer_point.get(), scalar.get(), context.get()) == 1,
        "EC_POINT_mul");
    Secret shared(size);
    write_coordinates(group, shared_point.get(), shared.writable(), context.get());
    return shared;
}

}  // namespace keyline::crypto::ecp
