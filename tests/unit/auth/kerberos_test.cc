// Kerberos against a real KDC: agreement, and every failure with its code and its line.
#include "auth/kerberos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "auth/gss.h"
#include "auth/sec_status.h"
#include "realm.h"

namespace keyline::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kA = "host/a.example.test@EXAMPLE.TEST";
constexpr const char* kB = "host/b.example.test@EXAMPLE.TEST";

// The status of a failed step and, in its line, each of these words.
testing::AssertionResult failed(const StepResult& result, SecStatus status,
                                const std::vector<std::string>& words) {
    const auto wanted = static_cast<std::uint32_t>(status);
    if (result.status != wanted) {
        return testing::AssertionFailure() << "status " << std::hex << result.status << " (" << result.failure
                                           << ") instead of " << sec_status_name(wanted);
    }
    for (const std::string& word : words) {
        if (result.failure.find(word) == std::string::npos) {
            return testing::AssertionFailure() << '"' << result.failure << "\" lacks " << word;
        }
    }
    if (result.complete || !result.token.empty() || !result.secret.empty()) {
        return testing::AssertionFailure() << "a failed step gave more than its failure";
    }
    if (result.failure.find('\n') != std::string::npos)
        return testing::AssertionFailure() << "more than one line";
    return testing::AssertionSuccess();
}

class KerberosTest : public testing::Test {
  protected:
    policy::KerberosAuth settings(const std::string& host) const {
        return {.principal = "host/" + host, .keytab = realm_.keytab(host)};
    }

    static std::shared_ptr<KerberosMethod> make(const policy::KerberosAuth& settings) {
        auto method = KerberosMethod::make(settings);
        if (!method) {
            ADD_FAILURE() << method.error();
            throw std::runtime_error(method.error());
        }
        return *method;
    }

    std::shared_ptr<KerberosMethod> method_of(const std::string& host) const { return make(settings(host)); }

    static std::string refusal(const policy::KerberosAuth& settings) {
        const auto method = KerberosMethod::make(settings);
        return method ? "no refusal" : method.error();
    }

    // Runs both sides to completion: the initiator's result and the acceptor's.
    static std::pair<StepResult, StepResult> authenticate(Context& initiator, Context& acceptor) {
        StepResult first = initiator.step({});
        EXPECT_EQ(first.status, 0U) << first.failure;
        EXPECT_FALSE(first.complete);
        StepResult accepted = acceptor.step({first.token});
        EXPECT_EQ(accepted.status, 0U) << accepted.failure;
        StepResult last = initiator.step({accepted.token});
        EXPECT_EQ(last.status, 0U) << last.failure;
        return {std::move(last), std::move(accepted)};
    }

    static void expect_agreement(const std::pair<StepResult, StepResult>& results,
                                 const std::string& initiator, const std::string& acceptor) {
        EXPECT_TRUE(results.first.complete);
        EXPECT_TRUE(results.second.complete);
        EXPECT_EQ(results.first.peer, acceptor);
        EXPECT_EQ(results.second.peer, initiator);
        EXPECT_EQ(results.first.secret.size(), 32U);
        EXPECT_TRUE(results.first.secret == results.second.secret);
    }

    test::Realm realm_;
};

TEST_F(KerberosTest, BothSidesProveTheirNamesAndShareAKey) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    EXPECT_EQ(a->local_name(), kA);
    EXPECT_FALSE(a->needs_dh());
    const auto one = authenticate(*a->initiate({kB}), *b->accept({}));
    expect_agreement(one, kA, kB);
    EXPECT_TRUE(one.first.token.empty());
    const auto other = authenticate(*b->initiate({"host/a.example.test"}), *a->accept({}));  // default realm
    expect_agreement(other, kB, kA);
    EXPECT_FALSE(one.first.secret == other.first.secret);
}

TEST_F(KerberosTest, WindowsStyleNames) {
    for (const std::string name : {"A$", "B$"}) {
        realm_.admin({"addprinc", "-randkey", name});
        realm_.admin({"ktadd", "-k", realm_.path(name + ".keytab"), name});
    }
    const auto a = make({.principal = "A$@EXAMPLE.TEST", .keytab = realm_.path("A$.keytab")});
    const auto b = make({.principal = "B$@EXAMPLE.TEST", .keytab = realm_.path("B$.keytab")});
    expect_agreement(authenticate(*a->initiate({b->local_name()}), *b->accept({})), "A$@EXAMPLE.TEST",
                     "B$@EXAMPLE.TEST");
}

TEST_F(KerberosTest, InitiatesFromACredentialCache) {
    const std::string cache = realm_.kinit("a.example.test", "1h");
    std::filesystem::remove(realm_.keytab("a.example.test"));
    const auto a = make({.ccache = cache});
    EXPECT_EQ(a->local_name(), kA);
    expect_agreement(authenticate(*a->initiate({kB}), *method_of("b.example.test")->accept({})), kA, kB);
}

TEST_F(KerberosTest, ClientKeytabApartFromTheAcceptorsKeytab) {
    auto apart = settings("a.example.test");
    apart.client_keytab = realm_.path("client.keytab");
    std::filesystem::copy(apart.keytab, apart.client_keytab);
    const auto a = make(apart);
    expect_agreement(authenticate(*a->initiate({kB}), *method_of("b.example.test")->accept({})), kA, kB);
}

TEST_F(KerberosTest, UserActsWithTheirOwnCacheAlone) {
    const std::uint32_t self = geteuid();
    const std::string cache = realm_.kinit("b.example.test", "1h");
    policy::KerberosAuth a_settings = settings("a.example.test");
    a_settings.user_ccache = realm_.path("users/%{uid}");
    std::filesystem::create_directory(realm_.path("users"));
    const std::string own = realm_.path("users/" + std::to_string(self));
    std::filesystem::copy(cache.substr(cache.find(':') + 1), own);
    const auto a = make(a_settings);
    expect_agreement(
        authenticate(*a->initiate_as({.uid = self, .credentials = {}}, {.wanted = kA, .announced = {}}),
                     *a->accept({})),
        kB, kA);

    // Nobody's file, another's file, and a link to what is the user's all the same.
    const std::string others = realm_.path("users/" + std::to_string(self + 1));
    EXPECT_TRUE(failed(
        a->initiate_as({.uid = self + 1, .credentials = {}}, {.wanted = kA, .announced = {}})->step({}),
        SecStatus::kNoCredentials, {others, "uid " + std::to_string(self + 1), "No such file"}));
    std::filesystem::copy(own, others);
    EXPECT_TRUE(failed(
        a->initiate_as({.uid = self + 1, .credentials = {}}, {.wanted = kA, .announced = {}})->step({}),
        SecStatus::kNoCredentials, {others, "no file of that user's"}));
    std::filesystem::rename(own, own + ".real");
    std::filesystem::create_symlink(own + ".real", own);
    EXPECT_TRUE(
        failed(a->initiate_as({.uid = self, .credentials = {}}, {.wanted = kA, .announced = {}})->step({}),
               SecStatus::kNoCredentials, {"symbolic links"}));
}

TEST_F(KerberosTest, OthersActWithKeytabsOfTheirOwn) {
    const policy::Credentials entry{
        .name = "backup",
        .uid = 1001,
        .kerberos = policy::KerberosAuth{.principal = kB, .keytab = settings("b.example.test").keytab},
        .certificates = {},
        .ntlm = {}};
    const auto a = KerberosMethod::make(settings("a.example.test"), {entry}).value();
    for (const Identity& who :
         {Identity{.uid = 1001, .credentials = {}}, Identity{.uid = 0, .credentials = "backup"}}) {
        expect_agreement(authenticate(*a->initiate_as(who, {.wanted = kA, .announced = {}}), *a->accept({})),
                         kB, kA);
    }
    EXPECT_TRUE(failed(
        a->initiate_as({.uid = 1001, .credentials = "other"}, {.wanted = kA, .announced = {}})->step({}),
        SecStatus::kNoCredentials, {"\"other\""}));
}

TEST_F(KerberosTest, KeytabMissing) {
    EXPECT_THAT(refusal({.principal = kA, .keytab = "/nonexistent/keytab"}),
                AllOf(HasSubstr("/nonexistent/keytab"), HasSubstr("auth.kerberos.keytab")));
}

TEST_F(KerberosTest, KeytabUnreadable) {
    constexpr uid_t kNobody = 65534;
    const uid_t self = geteuid();
    std::filesystem::permissions(realm_.keytab("a.example.test"), std::filesystem::perms::none);
    std::filesystem::permissions(realm_.path(""), std::filesystem::perms{0711});
    ASSERT_EQ(seteuid(self == 0 ? kNobody : self), 0);  // root reads everything
    const std::string line = refusal(settings("a.example.test"));
    ASSERT_EQ(seteuid(self), 0);
    EXPECT_THAT(line,
                AllOf(HasSubstr("a.example.test.keytab"), HasSubstr("Permission denied"), HasSubstr("read")));
}

TEST_F(KerberosTest, KeytabOfAnotherHost) {
    EXPECT_THAT(
        refusal({.principal = kA, .keytab = realm_.keytab("b.example.test")}),
        AllOf(HasSubstr("b.example.test.keytab"), HasSubstr(kA), HasSubstr("auth.kerberos.principal")));
}

TEST_F(KerberosTest, PrincipalMissingOrMalformed) {
    EXPECT_THAT(refusal({.keytab = realm_.keytab("a.example.test")}),
                HasSubstr("auth.kerberos.principal is missing"));
    EXPECT_THAT(refusal({.principal = "a@b@c", .keytab = realm_.keytab("a.example.test")}),
                AllOf(HasSubstr("auth.kerberos.principal"), HasSubstr("host/name@REALM")));
}

TEST_F(KerberosTest, CredentialCacheMissing) {
    EXPECT_THAT(refusal({.ccache = "FILE:/nonexistent/ccache"}),
                AllOf(HasSubstr("/nonexistent/ccache"), HasSubstr("kinit")));
}

TEST_F(KerberosTest, KdcUnreachable) {
    realm_.stop_kdc();
    const auto result = method_of("a.example.test")->initiate({kB})->step({});
    EXPECT_TRUE(failed(result, SecStatus::kNoAuthenticatingAuthority, {kA, kB, "EXAMPLE.TEST", "KDC"}));
}

TEST_F(KerberosTest, UnknownPeer) {
    const auto result =
        method_of("a.example.test")->initiate({"host/nobody.example.test@EXAMPLE.TEST"})->step({});
    EXPECT_TRUE(
        failed(result, SecStatus::kTargetUnknown, {"host/nobody.example.test", "create this principal"}));
}

TEST_F(KerberosTest, OwnPrincipalGoneFromTheKdc) {
    realm_.admin({"delprinc", "-force", kA});
    const auto result = method_of("a.example.test")->initiate({kB})->step({});
    EXPECT_TRUE(failed(result, SecStatus::kNoCredentials, {kA, "auth.kerberos.principal"}));
}

TEST_F(KerberosTest, OwnKeyOutOfDate) {
    realm_.admin({"cpw", "-randkey", kA});
    const auto result = method_of("a.example.test")->initiate({kB})->step({});
    EXPECT_TRUE(failed(result, SecStatus::kLogonDenied, {kA, "keytab"}));
}

// The acceptor's keytab is older than the ticket; once it is exported again, the next attempt succeeds
// although the initiator had cached a ticket.
TEST_F(KerberosTest, AcceptorsKeyOutOfDate) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    realm_.admin({"cpw", "-randkey", kB});
    const auto token = a->initiate({kB})->step({}).token;
    EXPECT_TRUE(failed(b->accept({})->step({token}), SecStatus::kLogonDenied,
                       {"b.example.test.keytab", "out of date"}));

    std::filesystem::remove(realm_.keytab("b.example.test"));
    realm_.admin({"ktadd", "-k", realm_.keytab("b.example.test"), kB});  // a third key
    expect_agreement(authenticate(*a->initiate({kB}), *b->accept({})), kA, kB);
}

TEST_F(KerberosTest, TicketExpired) {
    const auto a = make({.ccache = realm_.kinit("a.example.test", "1s")});
    std::this_thread::sleep_for(std::chrono::seconds(3));
    EXPECT_TRUE(failed(a->initiate({kB})->step({}), SecStatus::kContextExpired,
                       {"a.example.test.ccache", "expired", "kinit"}));
}

TEST_F(KerberosTest, ClockSkew) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    const auto token = a->initiate({kB})->step({}).token;
    realm_.set_clock_skew(1);
    std::this_thread::sleep_for(std::chrono::seconds(3));
    EXPECT_TRUE(failed(b->accept({})->step({token}), SecStatus::kTimeSkew, {"lock skew", "NTP"}));
}

TEST_F(KerberosTest, RepeatedToken) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    const auto token = a->initiate({kB})->step({}).token;
    EXPECT_TRUE(b->accept({})->step({token}).complete);
    EXPECT_TRUE(failed(b->accept({})->step({token}), SecStatus::kOutOfSequence, {"attack"}));
}

TEST_F(KerberosTest, NamesThatAreNoHostsAreNotFollowed) {
    const auto a = method_of("a.example.test");
    for (const char* hint : {"", "cifs/b.example.test@EXAMPLE.TEST", "krbtgt/EXAMPLE.TEST@EXAMPLE.TEST",
                             "administrator@EXAMPLE.TEST", "host/b\nexample"}) {
        EXPECT_TRUE(failed(a->initiate({hint})->step({}), SecStatus::kTargetUnknown, {"host/NAME@REALM"}))
            << hint;
    }
}

TEST_F(KerberosTest, AnAlteredTokenIsNeverAccepted) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    const Bytes token = a->initiate({kB})->step({}).token;
    EXPECT_TRUE(failed(b->accept({})->step({}), SecStatus::kInvalidToken, {"does not speak Kerberos"}));
    EXPECT_TRUE(failed(b->accept({})->step({Bytes(64, 0x60)}), SecStatus::kInvalidToken, {}));
    for (std::size_t at = 0; at < token.size(); at += 7) {
        Bytes altered = token;
        altered[at] ^= 0x55;
        Bytes cut(token.begin(), token.begin() + static_cast<std::ptrdiff_t>(at));
        EXPECT_NE(b->accept({})->step({cut}).status, 0U) << at;
        const StepResult result = b->accept({})->step({altered});
        EXPECT_FALSE(result.complete && result.status != 0);
        if (result.status == 0) {
            // Octets that Kerberos does not protect, such as the ticket's kvno: then names and key must still
            // hold.
            EXPECT_EQ(result.peer, kA) << at;
        }
    }
}

TEST_F(KerberosTest, AnswersOfAnotherAcceptorAreRefused) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    const auto one = a->initiate({kB});
    const auto other = a->initiate({kB});
    const auto first_token = one->step({}).token;
    const auto answer_to_other = b->accept({})->step({other->step({}).token}).token;
    EXPECT_NE(one->step({answer_to_other}).status, 0U);
    EXPECT_TRUE(failed(one->step({answer_to_other}), SecStatus::kOutOfSequence, {"after the last"}));
    EXPECT_TRUE(b->accept({})->step({first_token}).complete);
}

TEST_F(KerberosTest, AnInitiatorWithoutMutualAuthenticationIsRefused) {
    const auto target = gss::import_principal(kB);
    const auto own = gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_INITIATE,
                                              {{"ccache", realm_.kinit("a.example.test", "1h")}});
    ASSERT_TRUE(target && own);
    gss::SecurityContext context;
    gss::OutputBuffer token;
    OM_uint32 minor = 0;
    ASSERT_EQ(gss_init_sec_context(&minor, own->get(), context.out(), target->get(),
                                   gss::kerberos_mechanism(), GSS_C_CONF_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS,
                                   GSS_C_NO_BUFFER, nullptr, token.out(), nullptr, nullptr),
              GSS_S_COMPLETE);
    const auto result =
        method_of("b.example.test")->accept({})->step({Bytes(token.view().begin(), token.view().end())});
    EXPECT_TRUE(failed(result, SecStatus::kMutualAuthFailed, {"mutual authentication"}));
}

TEST_F(KerberosTest, ManyThreadsInitiateAtOnce) {
    const auto a = method_of("a.example.test");
    const auto b = method_of("b.example.test");
    std::vector<std::jthread> threads;
    for (int n = 0; n < 8; ++n) {
        threads.emplace_back(
            [&] { expect_agreement(authenticate(*a->initiate({kB}), *b->accept({})), kA, kB); });
    }
}

}  // namespace
}  // namespace keyline::auth
