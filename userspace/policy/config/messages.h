// Collects what is to be said about one configuration file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/config.h"
#include "policy/config/toml_tree.h"

namespace keyline::policy::config {

class Messages {
  public:
    explicit Messages(std::string_view file) : file_(file) {}

    void error(Position position, std::string_view key, std::string_view text);
    void warning(Position position, std::string_view key, std::string_view text);

    bool has_errors() const { return !errors_.empty(); }
    // In file order; of very many errors the first.
    std::vector<ConfigError> take_errors();
    std::vector<ConfigWarning> take_warnings();

  private:
    ConfigMessage message(Position position, std::string_view key, std::string_view text) const;

    std::string file_;
    std::vector<ConfigError> errors_;
    std::vector<ConfigWarning> warnings_;
};

// The text in double quotes, cut when long.
std::string in_quotes(std::string_view text);

}  // namespace keyline::policy::config
