#include "cli/input_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

namespace keyline::cli {
namespace {

struct FileClose {
    void operator()(std::FILE* file) const {
        if (file != stdin) std::fclose(file);
    }
};

}  // namespace

std::expected<Bytes, std::string> read_input_file(const std::string& path) {
    const auto failed = [&](std::string_view why) {
        return std::unexpected(fmt::format("{}: {}", path, why));
    };
    const std::unique_ptr<std::FILE, FileClose> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (!file) return failed(std::strerror(errno));
    Bytes content;
    std::array<std::uint8_t, 65536> part;
    while (const std::size_t octets = std::fread(part.data(), 1, part.size(), file.get())) {
        append(content, ByteView(part).first(octets));
        if (content.size() > kMaxInputOctets) {
            return failed(
                "larger than 512 MiB; keep only IKE with `tcpdump -r FILE -w SMALLER udp port 500 or udp "
                "port 4500`");
        }
    }
    if (std::ferror(file.get()) != 0) return failed(std::strerror(errno));
    return content;
}

}  // namespace keyline::cli
