#include "cli/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/table.h"

namespace keyline::cli {
namespace {

constexpr std::size_t kMargin = 4;  // before the left column
constexpr std::size_t kInner = 66;  // between the columns

// Breaks after commas, so that no line is wider than `width` unless one name is.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines{""};
    while (!text.empty()) {
        const std::size_t comma = text.find(", ");
        const std::string_view word =
            text.substr(0, comma == std::string_view::npos ? text.size() : comma + 2);
        if (!lines.back().empty() && display_width(lines.back()) + display_width(word) > width + 1)
            lines.emplace_back();
        lines.back() += word;
        text.remove_prefix(word.size());
    }
    return lines;
}

}  // namespace

void Ladder::draw_heads(const LadderMessage& message) {
    if (headed_) out_ << '\n';
    left_ = message.initiator.address;
    right_ = message.responder.address;
    headed_ = true;
    const std::string left = fmt::format("{} (initiator)", left_.to_string());
    const std::string right = fmt::format("{} (responder)", right_.to_string());
    const std::size_t width = kMargin + kInner + 2;
    const std::size_t used = std::min(width, display_width(left) + display_width(right));
    out_ << left << std::string(std::max<std::size_t>(2, width - used), ' ') << right << '\n';
}

void Ladder::draw(const LadderMessage& message) {
    if (!headed_ || message.initiator.address != left_ || message.responder.address != right_)
        draw_heads(message);
    const std::string number = message.number != 0 ? fmt::format("#{}", message.number) : "";
    const std::string names =
        fmt::format("{}{}{}{}", message.encrypted ? "HDR*" : "HDR", message.payloads.empty() ? "" : ", ",
                    message.payloads, message.repeated ? " (again)" : "");
    const std::string margin(kMargin, ' ');
    constexpr std::size_t kNumberWidth = 5;
    bool first = true;
    for (const std::string& line : wrap(names, kInner - kNumberWidth - 1)) {
        out_ << margin << '|'
             << pad_right(" " + pad_right(first ? number : "", kNumberWidth - 1) + line, kInner) << "|\n";
        first = false;
    }
    const std::string shaft(kInner - 1, '-');
    out_ << margin << '|' << (message.from_initiator ? shaft + '>' : '<' + shaft) << "|\n";
}

}  // namespace keyline::cli
