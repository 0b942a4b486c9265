#include "auth/user_tickets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "auth/krb5_objects.h"

namespace keyline::auth {
namespace {

class File {
  public:
    // Neither a link nor a pipe that never answers.
    explicit File(const std::string& path)
        : descriptor_(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

gss::Error system_error(int code) {
    return {.major = GSS_S_NO_CRED, .minor = static_cast<OM_uint32>(code), .text = std::strerror(code)};
}

gss::Error krb5_error(krb5_context context, krb5_error_code code) {
    const char* words = krb5_get_error_message(context, code);
    gss::Error error{.major = GSS_S_NO_CRED, .minor = static_cast<OM_uint32>(code), .text = words};
    krb5_free_error_message(context, words);
    return error;
}

krb5_error_code copy(krb5_context context, const std::string& from, const std::string& to) {
    krb5::Cache source(context);
    krb5::Cache target(context);
    krb5::Principal owner(context);
    krb5_error_code code = krb5_cc_resolve(context, from.c_str(), source.out());
    if (code == 0) code = krb5_cc_get_principal(context, source.get(), owner.out());
    if (code == 0) code = krb5_cc_resolve(context, to.c_str(), target.out());
    if (code == 0) code = krb5_cc_initialize(context, target.get(), owner.get());
    if (code == 0) code = krb5_cc_copy_creds(context, source.get(), target.get());
    return code;
}

}  // namespace

std::string user_cache_path(std::string_view pattern, std::uint32_t uid) {
    constexpr std::string_view kFile = "FILE:";
    constexpr std::string_view kUid = "%{uid}";
    std::string path(pattern.substr(pattern.starts_with(kFile) ? kFile.size() : 0));
    for (std::size_t at = path.find(kUid); at != std::string::npos; at = path.find(kUid, at))
        path.replace(at, kUid.size(), std::to_string(uid));
    return path;
}

std::string UserTickets::initiates_with() const {
    return "credential cache " + path_ + " of uid " + std::to_string(uid_);
}

std::expected<void, gss::Error> UserTickets::read() {
    const File file(path_);
    if (file.descriptor() < 0) return std::unexpected(system_error(errno));
    struct stat status {};
    if (fstat(file.descriptor(), &status) != 0) return std::unexpected(system_error(errno));
    if (!S_ISREG(status.st_mode) || status.st_uid != uid_) {
        return std::unexpected(gss::Error{.major = GSS_S_NO_CRED, .text = "it is no file of that user's"});
    }
    const krb5::Context context = krb5::make_context();
    if (!context) return std::unexpected(system_error(ENOENT));
    // By its descriptor: what the name leads to may be another file by now.
    const std::string same_file = "FILE:/proc/self/fd/" + std::to_string(file.descriptor());
    const krb5_error_code code = copy(context.get(), same_file, tickets_.name());
    if (code != 0) return std::unexpected(krb5_error(context.get(), code));
    return {};
}

std::expected<gss::Credentials, gss::Error> UserTickets::to_initiate() {
    if (auto done = read(); !done) return std::unexpected(std::move(done.error()));
    return gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_INITIATE, {{"ccache", tickets_.name()}});
}

}  // namespace keyline::auth
