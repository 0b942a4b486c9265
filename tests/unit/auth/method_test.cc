// What needs no KDC: names, anonymous authentication, the registry, failure lines.
#include "auth/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/anonymous.h"
#include "auth/failure.h"
#include "auth/principal.h"
#include "auth/registry.h"

namespace keyline::auth {
namespace {

TEST(MethodIdTest, NamesRoundTrip) {
    for (const MethodId id : {MethodId::kKerberos, MethodId::kAnonymous, MethodId::kTls, MethodId::kNtlm}) {
        EXPECT_EQ(parse_method(to_string(id)), id);
    }
    EXPECT_EQ(to_string(MethodId::kKerberos), "kerberos");
    EXPECT_FALSE(parse_method("Kerberos"));
}

TEST(AnonymousTest, IsOneRoundTripOfEmptyTokens) {
    AnonymousMethod method("host/a");
    EXPECT_TRUE(method.needs_dh());
    const auto initiator = method.initiate({"host/b"});
    const auto acceptor = method.accept({});
    const StepResult first = initiator->step({});
    EXPECT_TRUE(!first.complete && first.token.empty() && first.status == 0);
    const StepResult answer = acceptor->step({first.token});
    EXPECT_TRUE(answer.complete && answer.token.empty() && answer.secret.empty() && answer.peer.empty());
    EXPECT_TRUE(initiator->step({answer.token}).complete);
}

TEST(AnonymousTest, RefusesTokensAndFurtherSteps) {
    AnonymousMethod method("host/a");
    EXPECT_EQ(method.accept({})->step({Bytes{1}}).status,
              static_cast<std::uint32_t>(SecStatus::kInvalidToken));
    const auto acceptor = method.accept({});
    EXPECT_TRUE(acceptor->step({}).complete);
    EXPECT_EQ(acceptor->step({}).status, static_cast<std::uint32_t>(SecStatus::kOutOfSequence));
}

TEST(RegistryTest, MakesWhatThePolicyNames) {
    EXPECT_TRUE(make_methods({})->empty());
    const auto methods = make_methods({.anonymous = policy::AnonymousAuth{.name = "host/a.example.test"}});
    ASSERT_TRUE(methods);
    ASSERT_EQ(methods->size(), 1U);
    EXPECT_EQ(methods->front()->id(), MethodId::kAnonymous);
    EXPECT_EQ(methods->front()->local_name(), "host/a.example.test");
    EXPECT_FALSE(make_methods({.anonymous = policy::AnonymousAuth{}})->front()->local_name().empty());
}

TEST(RegistryTest, NamesTheKeytabThatIsMissing) {
    const auto methods = make_methods({.kerberos = policy::KerberosAuth{.principal = "host/a@EXAMPLE.TEST",
                                                                        .keytab = "/nonexistent/keytab"}});
    ASSERT_FALSE(methods);
    EXPECT_THAT(methods.error(), testing::HasSubstr("/nonexistent/keytab"));
}

TEST(PrincipalTest, HostsOnly) {
    for (const char* name :
         {"host/a.example.test@EXAMPLE.TEST", "host/a", "HOST/a@R", "A$@EXAMPLE.TEST", "A$"}) {
        EXPECT_TRUE(is_host_principal(name)) << name;
    }
    for (const char* name : {"", "host", "host/", "host/a@", "host/a/b@R", "host/a@R@S", "cifs/a@R", "user@R",
                             "$@R", "$", "a/A$@R", "host/a b", "host/a\\@b", "host/a@R\n"}) {
        EXPECT_FALSE(is_host_principal(name)) << name;
    }
    EXPECT_FALSE(is_host_principal("host/" + std::string(1000, 'a')));
    EXPECT_FALSE(is_host_principal(std::string_view("host/a\0b", 8)));
}

TEST(FailureTest, PrintableCutsAndReplaces) {
    EXPECT_EQ(printable("a\nb\x1b[1m\xff"), "a?b?[1m?");
    EXPECT_LE(printable(std::string(10000, 'a')).size(), 300U);
}

TEST(SecStatusTest, Names) {
    EXPECT_EQ(sec_status_name(0x80090324), "SEC_E_TIME_SKEW");
    EXPECT_EQ(sec_status_name(0), "");
}

}  // namespace
}  // namespace keyline::auth
