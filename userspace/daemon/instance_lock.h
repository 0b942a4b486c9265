// One keylined an instance: a lock on RUN_DIR/INSTANCE.lock that lasts as long as the process, however it
// ends.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "daemon/file_descriptor.h"

namespace keyline::daemon {

// Makes the directory when it is absent. The error is one line; for a second instance it names the first
// one's pid.
std::expected<FileDescriptor, std::string> lock_instance(const std::filesystem::path& run_directory,
                                                         const std::string& instance);

}  // namespace keyline::daemon
