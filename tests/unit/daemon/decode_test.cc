#include "cli/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "daemon/json.h"
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

Outcome decode_octets(ByteView octets, bool json) {
    std::ostringstream out, err;
    const ExitCode code = decode(octets, json, out, err);
    return {code, out.str(), err.str()};
}

// A message #1 of AuthIP: a clear Crypto payload and a nonce.
Bytes first_message(std::uint8_t cookie) {
    wire::Message message;
    message.header.initiator_cookie.fill(cookie);
    message.header.exchange_type = wire::ExchangeType::kAuthipMainMode;
    message.crypto.emplace();
    message.payloads.push_back({wire::Nonce{Bytes(32, 0x5a)}});
    auto datagram = wire::build_message(message);
    EXPECT_TRUE(datagram);
    return std::move(*datagram);
}

Bytes capture_of(const std::vector<Bytes>& messages) {
    std::vector<Bytes> frames;
    for (const Bytes& message : messages) {
        frames.push_back(ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, message))));
    }
    return pcap(frames);
}

TEST(Decode, ADatagramIsATree) {
    const Outcome text = decode_octets(first_message(7), false);
    EXPECT_EQ(text.code, kSuccess) << text.err;
    EXPECT_THAT(text.out, HasSubstr("0707070707070707"));
    const Outcome json = decode_octets(first_message(7), true);
    const auto tree = daemon::Json::parse(json.out);
    EXPECT_TRUE(tree.contains("name"));
    EXPECT_FALSE(tree.at("children").empty());
}

TEST(Decode, TheNonEspMarkerIsTakenOff) {
    Bytes marked(4, 0);
    append(marked, first_message(7));
    EXPECT_EQ(decode_octets(marked, false).out, decode_octets(first_message(7), false).out);
}

TEST(Decode, ACaptureGivesEveryMessage) {
    const Bytes file = capture_of({first_message(7), Bytes(40, 1), first_message(8)});
    const Outcome text = decode_octets(file, false);
    EXPECT_EQ(text.code, kSuccess) << text.err;
    EXPECT_THAT(text.out, HasSubstr("frame 1  2023-11-14T22:13:20.250000Z  10.0.0.1:500 -> 10.0.0.2:500"));
    const auto messages = daemon::Json::parse(decode_octets(file, true).out);
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[2].at("frame"), 3);
    EXPECT_EQ(messages[2].at("source"), "10.0.0.1:500");
}

TEST(Decode, ACaptureWithoutIkeIsAFailure) {
    const Outcome outcome = decode_octets(pcap({ethernet(0x0806, Bytes(28, 0))}), false);
    EXPECT_EQ(outcome.code, kFailure);
    EXPECT_EQ(outcome.err, "keyline decode: no IKE message on UDP 500 or 4500 in 1 frames\n");
}

TEST(Decode, SomethingElseIsAFailure) {
    const Outcome outcome = decode_octets(as_bytes("hello"), false);
    EXPECT_EQ(outcome.code, kFailure);
    EXPECT_THAT(outcome.err, HasSubstr("neither a capture (pcap, pcapng) nor an ISAKMP message"));
}

TEST(Decode, AnAbsentFileIsAFailure) {
    std::ostringstream out, err;
    EXPECT_EQ(decode("/no/such/file", false, out, err), kFailure);
    EXPECT_EQ(err.str(), "keyline decode: /no/such/file: No such file or directory\n");
}

TEST(Decode, AFileIsRead) {
    TemporaryDirectory directory;
    const auto path = directory.path() / "message.bin";
    const Bytes message = first_message(7);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(message.data()), static_cast<std::streamsize>(message.size()));
    std::ostringstream out, err;
    EXPECT_EQ(decode(path.string(), false, out, err), kSuccess) << err.str();
}

TEST(Decode, TheWindowsMessageHasItsVendorIds) {
    if (!std::filesystem::exists(KEYLINE_WINDOWS_MESSAGE)) {
        GTEST_SKIP() << "the capture of a Windows host is not part of the project";
    }
    std::ostringstream out, err;
    EXPECT_EQ(decode(KEYLINE_WINDOWS_MESSAGE, false, out, err), kSuccess) << err.str();
    for (const char* const name :
         {"MS NT5 ISAKMPOAKLEY 8 (Windows Server 2008 R2)", "RFC 3947", "FRAGMENTATION",
          "MS-Negotiation Discovery Capable", "Vid-Initial-Contact"}) {
        EXPECT_THAT(out.str(), HasSubstr(std::string("Vendor ID Payload: ") + name + '\n'));
    }
}

}  // namespace
}  // namespace keyline::cli
