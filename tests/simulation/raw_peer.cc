#include "simulation/raw_peer.h"

#include <algorithm>

#include "authip/mm_proposal.h"
#include "authip/vendor_ids.h"
#include "exchange/qm_proposal.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

// What make_policy's main mode chooses: its first combination.
const policy::MmProposal kProposal{policy::MmEncryption::kAesCbc256, policy::MmHash::kSha256};

}  // namespace

RawPeer::RawPeer(World& world, Host& target, std::uint64_t seed)
    : world_(world),
      target_(target),
      random_(seed),
      own_{*IpAddress::parse("10.0.0.1"), 500},
      other_{target.address, 500},
      extended_transcript_(exchange::Transcript::extended_mode(exchange::hash_of(kProposal.hash))) {
    random_.fill(initiator_cookie_);
    nonce_.resize(32);
    random_.fill(nonce_);
    world_.swallow = [this](const exchange::Send& message) {
        if (message.remote.address != own_.address) return false;
        received_.push_back(message.data);
        return true;
    };
}

wire::Header RawPeer::header(wire::ExchangeType type, std::uint32_t message_id) const {
    return {.initiator_cookie = initiator_cookie_,
            .responder_cookie = responder_cookie,
            .exchange_type = type,
            .message_id = message_id};
}

authip::MessageProtection RawPeer::protection() const {
    return {.hash = exchange::hash_of(kProposal.hash),
            .cipher = exchange::cipher_of(kProposal.encryption),
            .encryption_key = keys_->encryption_key.view(),
            .integrity_key = keys_->skeyid_a.view(),
            .icv_octets = 16};
}

authip::KeyContext RawPeer::key_context() const {
    return {exchange::hash_of(kProposal.hash), exchange::cipher_of(kProposal.encryption), initiator_cookie_,
            responder_cookie};
}

std::vector<wire::Payload> RawPeer::first_payloads() const {
    policy::MainMode main_mode;
    main_mode.proposals = {kProposal};
    std::vector<wire::Payload> payloads;
    payloads.push_back({authip::build_mm_offer(main_mode, policy::DhGroup::kNone)});
    payloads.push_back({wire::Auth{{{wire::auth_method::kKerberos, 0}}}});
    payloads.push_back({wire::Nonce{nonce_}});
    for (auto& vendor_id : authip::vendor_ids({}))
        payloads.push_back(std::move(vendor_id));
    return payloads;
}

std::vector<wire::Payload> RawPeer::gss_payloads() {
    context_ = ScriptedMethod({}, random_.next()).initiate({});
    return {{wire::GssApi{.flags = wire::gss_flag::kNewGssExchange, .token = context_->step({}).token}}};
}

std::vector<wire::Payload> RawPeer::quick_mode_payloads(bool first) {
    std::vector<wire::Payload> payloads;
    if (first)
        payloads.push_back(
            {wire::Hash{authip::auth1(protection().hash, keys_->skeyid, transcript_.value())}});
    const policy::Selector selector{.local = Prefix::host(own_.address),
                                    .remote = Prefix::host(other_.address)};
    const exchange::TrafficIds ids = exchange::build_traffic_ids(selector, exchange::Role::kInitiator);
    payloads.push_back({ids.initiator});
    payloads.push_back({ids.responder});
    const auto spi = static_cast<std::uint32_t>(random_.next()) | 0x10000;
    payloads.push_back({exchange::build_qm_offer(target_.policy->quick_modes.front(),
                                                 policy::Mode::kTransport, false, spi)});
    Bytes nonce(32);
    random_.fill(nonce);
    payloads.push_back({wire::Nonce{nonce}});
    return payloads;
}

std::vector<wire::Payload> RawPeer::status(std::uint8_t about, std::uint32_t code, bool reliable) {
    wire::AuthipNotification notify{.protocol_id = about,
                                    .flags = reliable ? wire::kReliableNotify : std::uint8_t{0},
                                    .type = wire::notify::kStatus};
    append_be32(notify.data, code);
    return {{notify}};
}

std::vector<wire::Payload> RawPeer::synchronize() {
    return {{wire::AuthipNotification{.protocol_id = 2, .type = wire::notify::kQmSynchronize}}};
}

std::vector<RawPeer::Reply> RawPeer::send_octets(Bytes datagram) {
    last_datagram_ = datagram;
    received_.clear();
    world_.deliver(own_, other_, std::move(datagram));
    world_.run(100ms);
    std::vector<Reply> replies;
    for (const Bytes& received : received_) {
        if (auto reply = read(received)) replies.push_back(std::move(*reply));
    }
    return replies;
}

std::vector<RawPeer::Reply> RawPeer::send_clear(wire::ExchangeType type, std::uint32_t message_id,
                                                std::uint32_t sequence,
                                                const std::vector<wire::Payload>& payloads) {
    return send_octets(
        *wire::build_clear_message(header(type, message_id), {.sequence = sequence, .iv = {}}, payloads));
}

std::vector<RawPeer::Reply> RawPeer::send_sealed(wire::ExchangeType type, std::uint32_t message_id,
                                                 std::uint32_t sequence,
                                                 const std::vector<wire::Payload>& payloads) {
    return send_octets(*authip::seal(header(type, message_id), sequence,
                                     {wire::first_type(payloads), *wire::build_payloads(payloads)},
                                     protection(), random_));
}

std::optional<RawPeer::Reply> RawPeer::read(const Bytes& datagram) const {
    const auto parsed = wire::parse_header(datagram);
    if (!parsed) return std::nullopt;
    if (parsed->next_payload != wire::PayloadType::kCrypto) {
        auto message = wire::parse_message(datagram);
        return Reply{*parsed, 0, std::move(message->payloads), {}};
    }
    const auto frame = wire::parse_crypto_frame(datagram, *parsed);
    authip::PayloadSequence plaintext{frame->first_payload, Bytes(frame->rest.begin(), frame->rest.end())};
    if (parsed->encrypted()) {
        if (!keys_) return std::nullopt;
        auto opened = authip::open(datagram, *frame, protection());
        if (!opened) return std::nullopt;
        plaintext = std::move(*opened);
    }
    auto payloads = wire::parse_payloads(plaintext.octets, plaintext.first, wire::Dialect::kAuthip);
    if (!payloads) return std::nullopt;
    return Reply{*parsed, frame->sequence, std::move(*payloads), std::move(plaintext.octets)};
}

bool RawPeer::first_exchange() {
    const auto payloads = first_payloads();
    const auto replies = send_clear(wire::ExchangeType::kAuthipMainMode, 0, 0, payloads);
    if (replies.size() != 1 || wire::find_all<wire::Nonce>(replies[0].payloads).size() != 2) return false;
    responder_cookie = replies[0].header.responder_cookie;
    responder_nonce_ = wire::find<wire::Nonce>(replies[0].payloads)->data;
    transcript_.add(*wire::build_payloads(payloads));
    transcript_.add(replies[0].plaintext);
    transcript_.negotiated(exchange::hash_of(kProposal.hash));
    return true;
}

bool RawPeer::authenticate() {
    const auto payloads = gss_payloads();
    const auto replies = send_clear(wire::ExchangeType::kAuthipMainMode, 0, 1, payloads);
    if (replies.size() != 1) return false;
    const auto* answer = wire::find<wire::GssApi>(replies[0].payloads);
    if (answer == nullptr || (answer->flags & wire::gss_flag::kResponderAuthComplete) == 0) return false;
    transcript_.add(*wire::build_payloads(payloads));
    transcript_.add(replies[0].plaintext);
    const auth::StepResult result = context_->step({answer->token});
    auto keys = authip::derive_mm_keys(key_context(), {.initiator_nonce = nonce_,
                                                       .responder_nonce = responder_nonce_,
                                                       .dh_secret = {},
                                                       .gss_secret = result.secret.view()});
    keys_ = std::move(*keys);
    return true;
}

bool RawPeer::establish() {
    if (!first_exchange() || !authenticate()) return false;
    const auto replies = send_sealed(wire::ExchangeType::kAuthipMainMode, 0, 2, quick_mode_payloads(true));
    return replies.size() == 1 && wire::find<wire::Hash>(replies[0].payloads) != nullptr;
}

std::vector<wire::Payload> RawPeer::methods_payloads() {
    return {{wire::Auth{{{wire::auth_method::kKerberos, 0}}}}};
}

std::vector<wire::Payload> RawPeer::extended_gss_payloads(std::uint8_t flags) {
    auto payloads = gss_payloads();
    std::get<wire::GssApi>(payloads[0].body).flags |= flags;
    return payloads;
}

std::vector<RawPeer::Reply> RawPeer::send_extended(std::uint32_t sequence,
                                                   const std::vector<wire::Payload>& payloads,
                                                   std::uint32_t message_id) {
    constexpr auto kType = wire::ExchangeType::kAuthipExtendedMode;
    auto replies = send_sealed(kType, message_id, sequence, payloads);
    extended_transcript_.add(*wire::build_payloads(payloads));
    for (const Reply& reply : replies) {
        if (reply.header.exchange_type == kType) extended_transcript_.add(reply.plaintext);
    }
    return replies;
}

std::optional<std::vector<wire::Payload>> RawPeer::extend(std::uint8_t flags) {
    const auto methods = send_extended(0, methods_payloads());
    if (methods.size() != 1 || wire::find<wire::GssId>(methods[0].payloads) == nullptr) return std::nullopt;
    const auto tokens = send_extended(1, extended_gss_payloads(flags));
    if (tokens.size() != 1) return std::nullopt;
    const auto* answer = wire::find<wire::GssApi>(tokens[0].payloads);
    if (answer == nullptr || answer->status != 0) return std::nullopt;
    const auth::StepResult result = context_->step({answer->token});
    const Secret skeyid_em = authip::derive_skeyid_em(key_context(), {.initiator_nonce = nonce_,
                                                                      .responder_nonce = responder_nonce_,
                                                                      .dh_secret = {},
                                                                      .gss_secret = result.secret.view()});
    const auto hash = protection().hash;
    const Bytes proof = authip::auth1(hash, keys_->skeyid, transcript_.value());
    return std::vector<wire::Payload>{
        {wire::Hash{authip::auth3(hash, skeyid_em, extended_transcript_.value(), proof)}}};
}

std::optional<wire::AuthipNotification> notify_of(const std::vector<RawPeer::Reply>& replies) {
    if (replies.size() != 1) return std::nullopt;
    const auto* notify = wire::find<wire::AuthipNotification>(replies[0].payloads);
    return notify == nullptr ? std::nullopt : std::optional(*notify);
}

std::uint32_t status_of(const std::vector<RawPeer::Reply>& replies) {
    const auto notify = notify_of(replies);
    if (!notify || notify->type != wire::notify::kStatus || notify->data.size() != 4) return 0;
    return load_be32(notify->data.data());
}

}  // namespace keyline::simulation
