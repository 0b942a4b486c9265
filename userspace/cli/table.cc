#include "cli/table.h"

#include <algorithm>
#include <string_view>

namespace keyline::cli {

void Table::print(std::ostream& out) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], display_width(row[i]));
    }
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool last = i + 1 == row.size();
            out << (last ? row[i] : pad_right(row[i], widths[i] + 2));
        }
        out << '\n';
    }
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char octet) { return (static_cast<unsigned char>(octet) & 0xc0) != 0x80; }));
}

std::string pad_right(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

}  // namespace keyline::cli
