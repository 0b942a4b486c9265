// What passes over the control socket: a client writes one JSON object a line, {"command": "sas", ...}, and
// gets one line for each, {"ok": true, "result": ...} or {"ok": false, "error": {"code": ..., "message":
// ...}}. After "monitor" the daemon also writes a line {"event": ...} for each report. See docs/cli.md, "The
// control socket".
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/json.h"

namespace keyline::daemon {

inline constexpr std::size_t kMaxRequestOctets = 64 * 1024;
inline constexpr std::size_t kMaxClients = 32;
// Lines that wait for a client which does not read; a reply or event beyond them is lost and counted.
inline constexpr std::size_t kMaxQueuedLines = 4096;

inline constexpr std::string_view kDefaultInstance = "main";
inline constexpr std::string_view kDefaultRunDirectory = "/run/keyline";
inline constexpr std::string_view kDefaultConfig = "/etc/keyline/keyline.toml";

// RUN_DIR/INSTANCE.sock and RUN_DIR/INSTANCE.lock.
std::filesystem::path control_socket_path(const std::filesystem::path& run_directory,
                                          std::string_view instance);
std::filesystem::path lock_path(const std::filesystem::path& run_directory, std::string_view instance);

// An instance's name is a file's name too, and the start of its interfaces' names: 1 to 11 of a-z, 0-9, '-'
// and '_'.
bool valid_instance_name(std::string_view name);

enum class ErrorCode {
    kFailed,       // "failed": the command was understood and did not succeed
    kBadRequest,   // "bad-request": not JSON, no such command, a missing or malformed argument
    kNotFound,     // "not-found": no such peer, SPI or interface
    kNegotiation,  // "negotiation-failed": refused by either side, or nobody answered
};

std::string_view to_string(ErrorCode code);
// kFailed for a name it does not know.
ErrorCode parse_error_code(std::string_view name);

struct Request {
    std::string command;
    Json arguments;  // the whole object
};

struct RequestError {
    ErrorCode code = ErrorCode::kFailed;
    std::string message;
};

std::expected<Request, RequestError> parse_request(std::string_view line);

// The string argument `name`; an error that names it when it is missing or no string.
std::expected<std::string, RequestError> string_argument(const Request& request, const char* name);

Json ok_reply(Json result);
Json error_reply(const RequestError& error);

}  // namespace keyline::daemon
