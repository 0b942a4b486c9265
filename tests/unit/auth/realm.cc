#include "realm.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace keyline::test {
namespace {

std::string temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "keyline-realm-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory at " << name;
    return name;
}

int free_loopback_port() {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(file, generic, size), 0);
    EXPECT_EQ(getsockname(file, generic, &size), 0);
    close(file);
    return ntohs(address.sin_port);
}

}  // namespace

Realm::Realm() {
    // The port may be taken by another test between the look and the start, hence more than one try.
    for (int attempt = 0; attempt < 5; ++attempt) {
        directory_ = temporary_directory();
        const std::string kdc = "127.0.0.1:" + std::to_string(free_loopback_port());
        if (run({KEYLINE_REALM_TOOL, "create", directory_, "EXAMPLE.TEST", "--kdc", kdc, "--host",
                 "a.example.test", "b.example.test"}) == 0 &&
            run({KEYLINE_REALM_TOOL, "start", directory_}) == 0) {
            setenv("KRB5_CONFIG", path("krb5.conf").c_str(), 1);
            setenv("KRB5RCACHENAME", ("dfl:" + directory_).c_str(), 1);
            return;
        }
        std::filesystem::remove_all(directory_);
    }
    ADD_FAILURE() << "no realm: see above; it needs Debian's krb5-kdc and krb5-admin-server";
}

Realm::~Realm() {
    stop_kdc();
    std::filesystem::remove_all(directory_);
}

void Realm::admin(const std::vector<std::string>& query) const {
    std::vector<std::string> command{KEYLINE_REALM_TOOL, "admin", directory_};
    command.insert(command.end(), query.begin(), query.end());
    EXPECT_EQ(run(command), 0);
}

void Realm::stop_kdc() const { EXPECT_EQ(run({KEYLINE_REALM_TOOL, "stop", directory_}), 0); }

std::string Realm::kinit(const std::string& host, const std::string& life) const {
    const std::string cache = "FILE:" + path(host + ".ccache");
    EXPECT_EQ(run({"kinit", "-c", cache, "-k", "-t", keytab(host), "-l", life, "host/" + host}), 0)
        << "install krb5-user";
    return cache;
}

void Realm::set_clock_skew(int seconds) const {
    std::ifstream original(path("krb5.conf"));
    std::string text(std::istreambuf_iterator<char>(original), {});
    const std::string section = "[libdefaults]\n";
    text.insert(text.find(section) + section.size(), "    clockskew = " + std::to_string(seconds) + "\n");
    std::ofstream(path("skew.conf")) << text;
    setenv("KRB5_CONFIG", path("skew.conf").c_str(), 1);
}

}  // namespace keyline::test
