#include "wire/build.h"
#include "wire/security_association.h"
#include "wire/writer.h"

namespace keyline::wire {
namespace {

struct BodyBuilder {
    Writer& to;

    void operator()(const SecurityAssociation& body) { build_security_association(to, body); }
    void operator()(const KeyExchange& body) { to.octets(body.public_value); }
    void operator()(const Identification& body) {
        to.u8(body.type);
        to.u8(body.protocol);
        to.be16(body.port);
        to.octets(body.data);
    }
    void operator()(const Certificate& body) {
        to.u8(body.encoding);
        to.octets(body.data);
    }
    void operator()(const CertificateRequest& body) {
        to.u8(body.encoding);
        to.octets(body.authority);
    }
    void operator()(const Hash& body) { to.octets(body.data); }
    void operator()(const Signature& body) { to.octets(body.data); }
    void operator()(const Nonce& body) { to.octets(body.data); }
    void operator()(const Notification& body) {
        to.be32(body.doi);
        to.u8(body.protocol_id);
        to.size8(body.spi.size());
        to.be16(body.type);
        to.octets(body.spi);
        to.octets(body.data);
    }
    void operator()(const AuthipNotification& body) {
        to.be32(body.doi);
        to.u8(body.protocol_id);
        to.u8(body.flags);
        to.be16(body.type);
        to.octets(body.data);
    }
    void operator()(const Delete& body) {
        to.be32(body.doi);
        to.u8(body.protocol_id);
        to.u8(body.spi_size);
        to.size16(body.count());
        to.octets(body.spis);
    }
    void operator()(const VendorId& body) { to.octets(body.data); }
    void operator()(const NatDiscovery& body) { to.octets(body.hash); }
    void operator()(const NatOriginalAddress& body) {
        to.u8(body.id_type);
        to.octets(body.reserved);
        to.octets(body.address);
    }
    void operator()(const GssApi& body) {
        to.be32(body.status);
        to.u8(body.flags);
        to.octets(body.token);
    }
    void operator()(const Fragment& body) {
        to.be16(body.id);
        to.u8(body.number);
        to.u8(body.flags);
        to.octets(body.data);
    }
    void operator()(const GssId& body) { to.octets(body.name); }
    void operator()(const Auth& body) {
        for (const Auth::Method& method : body.methods) {
            to.be16(method.method);
            to.be16(method.flags);
        }
    }
    void operator()(const KeyDictation& body) { to.octets(body.sealed); }
    void operator()(const KeyDictationWeight& body) { to.be32(body.weight); }
    void operator()(const Opaque& body) { to.octets(body.data); }
};

}  // namespace

PayloadType first_type(std::span<const Payload> payloads) {
    return payloads.empty() ? PayloadType::kNone : payloads.front().type();
}

std::expected<Bytes, BuildError> build_payloads(std::span<const Payload> payloads) {
    Writer to;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        const std::size_t start = to.begin(first_type(payloads.subspan(i + 1)), payloads[i].reserved);
        std::visit(BodyBuilder{to}, payloads[i].body);
        to.end(start);
    }
    return std::move(to).finish();
}

}  // namespace keyline::wire
