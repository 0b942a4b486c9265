// NTLM between two sides of this process, with accounts in a file.
#include "auth/ntlm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "auth/sec_status.h"

// gss-ntlmssp never frees the digests it has fetched from OpenSSL; the sanitizer asks these for what to
// overlook.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
extern "C" const char* __lsan_default_suppressions() { return "leak:gssntlmssp.so"; }

namespace keyline::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kNtResponseLength = 20;  // in an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3)

class NtlmTest : public testing::Test {
  protected:
    NtlmTest() {
        std::string name = (std::filesystem::temp_directory_path() / "keyline-ntlm-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name);
        directory_ = name;
        write("accounts", "EXAMPLE:alice:correct horse\nEXAMPLE:bob:battery staple\n");
        write("alice", "correct horse\n");
        write("bob", "battery staple\n");
    }
    ~NtlmTest() override { std::filesystem::remove_all(directory_); }

    std::string path(const std::string& file) const { return directory_ + "/" + file; }
    void write(const std::string& file, const std::string& text) const { std::ofstream(path(file)) << text; }

    policy::NtlmAuth settings(const std::string& user, const std::string& password) const {
        return {.user = user, .domain = "EXAMPLE", .password = path(password), .accounts = path("accounts")};
    }
    std::shared_ptr<NtlmMethod> method_of(const std::string& user, const std::string& password) const {
        auto method = NtlmMethod::make(settings(user, password), "host/a.example.test");
        if (!method) throw std::runtime_error(method.error());
        return *method;
    }
    static std::string refusal(const policy::NtlmAuth& settings) {
        const auto method = NtlmMethod::make(settings, "host/a.example.test");
        return method ? "no refusal" : method.error();
    }
    static policy::Credentials credentials(const policy::NtlmAuth& ntlm) {
        return {.name = "bob", .uid = 1002, .kerberos = {}, .certificates = {}, .ntlm = ntlm};
    }
    // The responder's last result; `initiator` gets the initiator's.
    static StepResult authenticate(Context& initiator, Context& acceptor, StepResult& initiated) {
        const StepResult challenge = acceptor.step({initiator.step({}).token});
        EXPECT_EQ(challenge.status, 0U) << challenge.failure;
        initiated = initiator.step({challenge.token});
        EXPECT_EQ(initiated.status, 0U) << initiated.failure;
        return acceptor.step({initiated.token});
    }

    std::string directory_;
};

TEST_F(NtlmTest, UserAuthenticatesWithAnAccountOfTheirOwn) {
    const auto a = NtlmMethod::make(settings("alice", "alice"), "host/a.example.test",
                                    {credentials(settings("bob", "bob"))})
                       .value();
    for (const Identity& who :
         {Identity{.uid = 1002, .credentials = {}}, Identity{.uid = 0, .credentials = "bob"}}) {
        StepResult initiated;
        const auto acceptor =
            method_of("alice", "alice")->accept({.wanted = {}, .announced = {}, .user = true});
        const StepResult accepted = authenticate(*a->initiate_as(who, {}), *acceptor, initiated);
        EXPECT_EQ(accepted.peer, "EXAMPLE\\bob");
        EXPECT_TRUE(accepted.secret == initiated.secret);
    }
    EXPECT_THAT(a->initiate_as({.uid = 1003, .credentials = {}}, {})->step({}).failure,
                HasSubstr("uid 1003 has no credentials"));
    const auto unreadable = NtlmMethod::make(settings("alice", "alice"), "host/a.example.test",
                                             {credentials(settings("bob", "absent"))});
    EXPECT_THAT(unreadable.error(), AllOf(HasSubstr("auth.credentials.ntlm.password"), HasSubstr("absent")));
}

TEST_F(NtlmTest, ProvesTheInitiatorAloneInTwoRoundTrips) {
    const auto a = method_of("alice", "alice");
    EXPECT_TRUE(a->needs_dh());
    EXPECT_EQ(a->local_name(), "host/a.example.test");
    StepResult initiated;
    const StepResult accepted = authenticate(*a->initiate({.announced = "host/b.example.test@EXAMPLE.TEST"}),
                                             *method_of("bob", "bob")->accept({}), initiated);
    EXPECT_TRUE(initiated.complete && accepted.complete);
    EXPECT_TRUE(accepted.token.empty());
    EXPECT_EQ(initiated.peer, "");
    EXPECT_EQ(accepted.peer, "EXAMPLE\\alice");
    EXPECT_EQ(accepted.secret.size(), 16U);
    EXPECT_TRUE(accepted.secret == initiated.secret);
}

TEST_F(NtlmTest, PolicysAccountIsTheOnlyOne) {
    StepResult initiated;
    const auto alice = method_of("alice", "alice");
    EXPECT_EQ(
        authenticate(*alice->initiate({}), *alice->accept({.wanted = "Example\\ALICE"}), initiated).peer,
        "Example\\ALICE");
    const StepResult refused =
        authenticate(*alice->initiate({}), *alice->accept({.wanted = "EXAMPLE\\bob"}), initiated);
    EXPECT_EQ(sec_status_name(refused.status), "SEC_E_WRONG_PRINCIPAL");
    EXPECT_THAT(refused.failure, AllOf(HasSubstr("EXAMPLE\\alice"), HasSubstr("ntlm_account")));
}

TEST_F(NtlmTest, WrongPasswordsAndUnknownAccountsAreRefused) {
    StepResult initiated;
    for (const auto& [user, password] : {std::pair("alice", "bob"), std::pair("eve", "alice")}) {
        const StepResult refused = authenticate(*method_of(user, password)->initiate({}),
                                                *method_of("bob", "bob")->accept({}), initiated);
        EXPECT_EQ(sec_status_name(refused.status), "SEC_E_LOGON_DENIED") << refused.failure;
        EXPECT_THAT(refused.failure, AllOf(HasSubstr(path("accounts")), HasSubstr("wrong password")));
        EXPECT_TRUE(refused.secret.empty() && refused.token.empty());
    }
}

TEST_F(NtlmTest, Version1IsRefused) {
    const auto method = method_of("alice", "alice");
    const auto initiator = method->initiate({});
    const auto acceptor = method->accept({});
    Bytes token = initiator->step({acceptor->step({initiator->step({}).token}).token}).token;
    ASSERT_GT(token.size(), kNtResponseLength);
    token[kNtResponseLength] = 24;
    token[kNtResponseLength + 1] = 0;
    const StepResult refused = acceptor->step({token});
    EXPECT_EQ(sec_status_name(refused.status), "SEC_E_LOGON_DENIED");
    EXPECT_THAT(refused.failure, HasSubstr("version 1"));
}

TEST_F(NtlmTest, TokensThatAreNoNtlmAreRefused) {
    const auto method = method_of("alice", "alice");
    EXPECT_EQ(sec_status_name(method->accept({})->step({}).status), "SEC_E_INVALID_TOKEN");
    EXPECT_NE(method->accept({})->step({Bytes(64, 0x60)}).status, 0U);
    EXPECT_NE(method->accept({})->step({Bytes(60000, 'N')}).status, 0U);

    const Bytes hello = method->initiate({})->step({}).token;
    for (std::size_t size = 1; size < hello.size(); ++size) {
        const Bytes cut(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(method->accept({})->step({cut}).complete) << size;
    }
    const auto initiator = method->initiate({});
    initiator->step({});
    EXPECT_EQ(sec_status_name(initiator->step({Bytes(64, 0x60)}).status), "SEC_E_INVALID_TOKEN");
}

TEST_F(NtlmTest, HostThatOnlyRespondsDoesNotInitiate) {
    auto method = NtlmMethod::make({.accounts = path("accounts")}, "host/b.example.test");
    ASSERT_TRUE(method) << method.error();
    const StepResult result = (*method)->initiate({})->step({});
    EXPECT_EQ(sec_status_name(result.status), "SEC_E_NO_CREDENTIALS");
    EXPECT_THAT(result.failure, HasSubstr("auth.ntlm.user"));
}

TEST_F(NtlmTest, SettingsThatCannotWorkAreNamed) {
    EXPECT_THAT(refusal(settings("alice", "absent")),
                AllOf(HasSubstr("auth.ntlm.password"), HasSubstr(path("absent"))));
    write("empty", "\n");
    EXPECT_THAT(refusal(settings("alice", "empty")), HasSubstr("first line is empty"));
    policy::NtlmAuth changed = settings("alice", "alice");
    changed.accounts = path("absent");
    EXPECT_THAT(refusal(changed), HasSubstr("auth.ntlm.accounts"));
}

}  // namespace
}  // namespace keyline::auth
