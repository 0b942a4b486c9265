// Columns that line up, for terminals.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace keyline::cli {

class Table {
  public:
    explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.size() == 1; }
    // Two spaces between columns, nothing after the last.
    void print(std::ostream& out) const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

// Columns that UTF-8 text takes on a terminal, one for each character (ours are all narrow).
std::size_t display_width(std::string_view text);
std::string pad_right(std::string_view text, std::size_t width);

}  // namespace keyline::cli
