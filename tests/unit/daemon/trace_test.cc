#include "cli/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "authip/crypto_payload.h"
#include "crypto/random.h"
#include "daemon/json.h"
#include "daemon/key_export.h"
#include "unit/daemon/frames.h"
#include "unit/daemon/temporary_directory.h"
#include "wire/build.h"

namespace keyline::cli {
namespace {

using testing::HasSubstr;

struct Outcome {
    ExitCode code;
    std::string out, err;
};

Outcome trace_with(const TraceOptions& options) {
    std::ostringstream out, err;
    const ExitCode code = trace(options, out, err);
    return {code, out.str(), err.str()};
}

exchange::ExportMmKeys keys_of(std::uint8_t octet) {
    exchange::ExportMmKeys keys;
    keys.initiator_cookie.fill(0x11);
    keys.responder_cookie.fill(0x22);
    keys.proposal = {policy::MmEncryption::kAesCbc128, policy::MmHash::kSha256};
    keys.encryption_key = Secret::copy_of(Bytes(16, octet));
    keys.integrity_key = Secret::copy_of(Bytes(32, octet));
    keys.icv_octets = 16;
    return keys;
}

// An encrypted message with a nonce in it.
Bytes sealed_message(const exchange::ExportMmKeys& keys) {
    wire::Header header;
    header.initiator_cookie = keys.initiator_cookie;
    header.responder_cookie = keys.responder_cookie;
    header.exchange_type = wire::ExchangeType::kAuthipQuickMode;
    header.message_id = 7;
    Bytes nonce{0, 0, 0, 36};
    append(nonce, Bytes(32, 0x5a));
    crypto::SystemRandom random;
    const auto message = authip::seal(header, 1, {wire::PayloadType::kNonce, nonce},
                                      {.hash = crypto::HashAlgorithm::kSha256,
                                       .cipher = crypto::CipherAlgorithm::kAes128Cbc,
                                       .encryption_key = keys.encryption_key.view(),
                                       .integrity_key = keys.integrity_key.view(),
                                       .icv_octets = keys.icv_octets},
                                      random);
    EXPECT_TRUE(message);
    return *message;
}

class TraceTest : public testing::Test {
  protected:
    std::string write(const char* name, ByteView octets) const {
        const std::string path = (directory_.path() / name).string();
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
        return path;
    }
    std::string capture_of(ByteView message) const {
        return write("ike.pcap",
                     pcap({ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, message)))}));
    }
    // As a key export writes it.
    std::string key_file(std::initializer_list<std::uint8_t> keys) const {
        auto exported = daemon::KeyExport::open(directory_.path() / "keys");
        EXPECT_TRUE(exported) << exported.error();
        for (const std::uint8_t octet : keys)
            EXPECT_TRUE(exported->add(keys_of(octet)));
        return (directory_.path() / "keys/authip_keys").string();
    }
    std::string text_file(const std::string& text) const {
        return write("text", ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }

    TemporaryDirectory directory_;
};

TEST_F(TraceTest, AnExportedKeyNamesThePayloads) {
    const std::string file = capture_of(sealed_message(keys_of(1)));
    EXPECT_THAT(trace_with({.file = file}).out, HasSubstr("| #1  HDR*, 64 octets sealed "));
    const Outcome opened = trace_with({.file = file, .keys = key_file({1})});
    EXPECT_EQ(opened.code, kSuccess) << opened.err;
    EXPECT_THAT(opened.out, HasSubstr("| #1  HDR*, Ni(qm) "));
}

TEST_F(TraceTest, OnlyTheKeyThatAuthenticatesOpens) {
    const std::string file = capture_of(sealed_message(keys_of(1)));
    EXPECT_THAT(trace_with({.file = file, .keys = key_file({2})}).out, HasSubstr("octets sealed"));
    EXPECT_THAT(trace_with({.file = file, .keys = key_file({1, 3})}).out, HasSubstr("Ni(qm)"));
}

TEST_F(TraceTest, JsonIsAnObjectALine) {
    const Outcome outcome =
        trace_with({.file = capture_of(sealed_message(keys_of(1))), .keys = key_file({1}), .json = true});
    const auto json = daemon::Json::parse(outcome.out);
    EXPECT_EQ(json.at("source"), "10.0.0.1:500");
    EXPECT_EQ(json.at("time"), "2023-11-14T22:13:20.250000Z");
    EXPECT_EQ(json.at("from"), "initiator");
    EXPECT_EQ(json.at("number"), 1);
    EXPECT_EQ(json.at("exchange"), "AuthIP Quick Mode");
    EXPECT_EQ(json.at("message_id"), 7);
    EXPECT_EQ(json.at("encrypted"), true);
    EXPECT_EQ(json.at("payloads"), "Ni(qm)");
}

TEST_F(TraceTest, WhatCannotBeReadIsOneLine) {
    const std::string file = capture_of(sealed_message(keys_of(1)));
    const auto error = [](const TraceOptions& options) {
        const Outcome outcome = trace_with(options);
        EXPECT_EQ(outcome.code, kFailure);
        return outcome.err;
    };
    EXPECT_EQ(error({.file = "/nowhere"}), "keyline trace: /nowhere: No such file or directory\n");
    EXPECT_EQ(error({.file = file, .keys = "/nowhere"}),
              "keyline trace: /nowhere: No such file or directory\n");
    const std::string text = text_file("nonsense\n");
    EXPECT_EQ(error({.file = text}), "keyline trace: " + text + ": no capture (pcap, pcapng)\n");
    EXPECT_EQ(error({.file = write("empty.pcap", pcap({}))}),
              "keyline trace: " + (directory_.path() / "empty.pcap").string() +
                  ": no IKE message on UDP 500 or 4500 in 0 frames\n");
    EXPECT_THAT(error({.interface = "kl-none"}), HasSubstr("cannot watch kl-none: "));
}

TEST_F(TraceTest, LinesThatNoExportWritesAreRefused) {
    const std::string file = capture_of(sealed_message(keys_of(1)));
    const std::string cookies = "1111111111111111,2222222222222222,";
    const std::string key = std::string(32, '0'), integrity = std::string(64, '0');
    for (const std::string& line :
         {std::string("nonsense"), std::string(",,,,,"), cookies + "aes-cbc-128/sha2-256," + key,
          cookies + "rot13/sha2-256," + key + "," + integrity + ",16",
          cookies + "aes-cbc-256/sha2-256," + key + "," + integrity + ",16",
          cookies + "aes-cbc-128/sha2-256," + key + "," + integrity + ",33",
          cookies + "aes-cbc-128/sha2-256," + key + "," + integrity + ",16,",
          "11," + cookies + "aes-cbc-128/sha2-256," + key + "," + integrity + ",16"}) {
        const std::string keys = text_file(line + "\n");
        EXPECT_EQ(trace_with({.file = file, .keys = keys}).err,
                  "keyline trace: " + keys + ":1: no line of a key export; name its file authip_keys\n")
            << line;
    }
}

}  // namespace
}  // namespace keyline::cli
