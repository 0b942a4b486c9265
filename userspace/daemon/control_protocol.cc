#include "daemon/control_protocol.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyline::daemon {

std::filesystem::path control_socket_path(const std::filesystem::path& run_directory,
                                          std::string_view instance) {
    return run_directory / fmt::format("{}.sock", instance);
}

std::filesystem::path lock_path(const std::filesystem::path& run_directory, std::string_view instance) {
    return run_directory / fmt::format("{}.lock", instance);
}

bool valid_instance_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 11 && std::ranges::all_of(name, allowed);
}

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::kFailed:
            return "failed";
        case ErrorCode::kBadRequest:
            return "bad-request";
        case ErrorCode::kNotFound:
            return "not-found";
        case ErrorCode::kNegotiation:
            return "negotiation-failed";
    }
    return "failed";
}

ErrorCode parse_error_code(std::string_view name) {
    for (const ErrorCode code : {ErrorCode::kBadRequest, ErrorCode::kNotFound, ErrorCode::kNegotiation}) {
        if (name == to_string(code)) return code;
    }
    return ErrorCode::kFailed;
}

std::expected<Request, RequestError> parse_request(std::string_view line) {
    const auto bad = [](std::string message) {
        return std::unexpected(RequestError{ErrorCode::kBadRequest, std::move(message)});
    };
    Json parsed = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) return bad("the request is not JSON; write one object a line");
    if (!parsed.is_object()) return bad("the request is no JSON object; write {\"command\": \"status\"}");
    const auto command = parsed.find("command");
    if (command == parsed.end() || !command->is_string()) {
        return bad("the request has no string \"command\"");
    }
    std::string name = command->get<std::string>();
    return Request{std::move(name), std::move(parsed)};
}

std::expected<std::string, RequestError> string_argument(const Request& request, const char* name) {
    const auto found = request.arguments.find(name);
    if (found == request.arguments.end() || !found->is_string()) {
        return std::unexpected(
            RequestError{ErrorCode::kBadRequest,
                         fmt::format("{}: the string argument \"{}\" is missing", request.command, name)});
    }
    return found->get<std::string>();
}

Json ok_reply(Json result) { return {{"ok", true}, {"result", std::move(result)}}; }

Json error_reply(const RequestError& error) {
    return {{"ok", false}, {"error", {{"code", to_string(error.code)}, {"message", error.message}}}};
}

}  // namespace keyline::daemon
