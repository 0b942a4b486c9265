#include "auth/keytab.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "auth/failure.h"
#include "auth/krb5_objects.h"

namespace keyline::auth {
namespace {

// Keytabs that are no files ("MEMORY:...") are the library's to judge.
std::expected<void, std::string> check_readable(const std::string& keytab) {
    constexpr std::string_view kFile = "FILE:";
    const std::string path = keytab.starts_with(kFile) ? keytab.substr(kFile.size()) : keytab;
    if (!path.starts_with('/') && path.find(':') != std::string::npos) return {};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        close(file);
        return {};
    }
    const std::string cause = printable(path) + ": " + std::strerror(errno);
    return std::unexpected("Kerberos: the keytab " + cause +
                           (errno == ENOENT ? ": export it from the KDC, or correct auth.kerberos.keytab"
                                            : ": let keylined read it, or correct auth.kerberos.keytab"));
}

bool has_key(const std::string& keytab, const std::string& principal) {
    const krb5::Context context = krb5::make_context();
    if (!context) return false;
    krb5::Keytab table(context.get());
    krb5::Principal name(context.get());
    krb5_keytab_entry entry{};
    const bool found = krb5_kt_resolve(context.get(), keytab.c_str(), table.out()) == 0 &&
                       krb5_parse_name(context.get(), principal.c_str(), name.out()) == 0 &&
                       krb5_kt_get_entry(context.get(), table.get(), name.get(), 0, 0, &entry) == 0;
    if (found) krb5_free_keytab_entry_contents(context.get(), &entry);
    return found;
}

}  // namespace

std::string default_keytab() {
    std::array<char, 1024> name{};
    if (const krb5::Context context = krb5::make_context()) {
        krb5_kt_default_name(context.get(), name.data(), static_cast<int>(name.size()));
    }
    return name.data();
}

std::expected<void, std::string> check_keytab(const std::string& keytab, const std::string& principal) {
    if (const auto readable = check_readable(keytab); !readable) return readable;
    if (has_key(keytab, principal)) return {};
    return std::unexpected("Kerberos: the keytab " + printable(keytab) + " has no key for " +
                           printable(principal) +
                           ": export it from the KDC, or correct auth.kerberos.principal");
}

}  // namespace keyline::auth
