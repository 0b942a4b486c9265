#include "policy/config/toml_guard.h"

#include <algorithm>
#include <cstddef>

namespace keyline::policy::config {

namespace {

constexpr std::uint32_t kMaxKeyParts = 64;

// Walks over comments and strings as TOML 1.0 delimits them. An unterminated string ends with its line, where
// toml++ gives up in any case.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {
        constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
        if (text.starts_with(kByteOrderMark)) at_ = line_start_ = kByteOrderMark.size();
    }

    std::optional<SyntaxError> run() {
        while (at_ < text_.size()) {
            const char letter = text_[at_];
            if (letter == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (letter == '"' || letter == '\'') {
                skip_string(letter);
                if (error_) return error_;
            } else if (static_cast<unsigned char>(letter) >= 0x80) {
                return error("not TOML: a character beyond ASCII outside of quotes and comments");
            } else {
                if (letter == '\n' || letter == '=' || letter == ',') key_parts_ = 0;
                if (letter == '.' && ++key_parts_ >= kMaxKeyParts)
                    return error("a key has more than 64 parts");
                step();
            }
        }
        return std::nullopt;
    }

  private:
    void step() {
        if (text_[at_] == '\n') {
            ++line_;
            line_start_ = at_ + 1;
        }
        ++at_;
    }

    bool three(char quote) const { return text_.substr(at_, 3) == std::string(3, quote); }

    void skip_string(char quote) {
        const bool multi_line = three(quote);
        at_ += multi_line ? 3 : 1;
        while (at_ < text_.size()) {
            const char letter = text_[at_];
            if (letter == '\n' && !multi_line) return;
            if (letter == quote && (!multi_line || three(quote))) return skip_closing(quote, multi_line);
            step();
            if (letter == '\\' && quote == '"') skip_escaped(multi_line);
        }
    }

    // A backslash that ends its line takes along the white space up to the next letter.
    void skip_escaped(bool multi_line) {
        constexpr std::string_view kWhiteSpace = " \t\r\n";
        const std::size_t escaped = at_;
        while (multi_line && at_ < text_.size() && kWhiteSpace.contains(text_[at_]))
            step();
        if (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x80) {
            error_ = error("a character beyond ASCII after a backslash: put it in front of it");
        } else if (at_ == escaped && at_ < text_.size()) {
            step();
        }
    }

    // One or two quotes may stand in front of the three that close a multi-line string.
    void skip_closing(char quote, bool multi_line) {
        at_ += multi_line ? 3 : 1;
        for (int i = 0; multi_line && i < 2 && at_ < text_.size() && text_[at_] == quote; ++i)
            ++at_;
    }

    SyntaxError error(std::string text) const {
        return {{line_, static_cast<std::uint32_t>(at_ - line_start_ + 1)}, std::move(text)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    std::uint32_t line_ = 1;
    std::uint32_t key_parts_ = 0;
    std::optional<SyntaxError> error_;
};

}  // namespace

std::optional<SyntaxError> find_unsafe_toml(std::string_view text) { return Scanner(text).run(); }

}  // namespace keyline::policy::config
