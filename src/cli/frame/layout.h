// Text on a terminal: how wide it is, where it breaks, and tables that fit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace authd::cli {

// How many columns the terminal at this descriptor has; 0 if it is none.
size_t columns_of(int fd);

// How many columns the text takes: two for wide characters of East Asia and pictures, none for
// accents that combine and for marks without a width.
size_t display_width(std::string_view text);

// The words of the text on lines of at most `width` columns. A longer word has a line of its own.
std::vector<std::string> wrapped(std::string_view text, size_t width);

// The text on one line, with '?' for control characters (is_control), so that stored data cannot
// move a terminal's cursor.
std::string printable(const std::string& text);

// "1 entry", "2 entries"; without `many`, with an "s" after `one`.
std::string counted(uint64_t count, std::string_view one, std::string_view many = "");

// A table for people of at most `columns` columns (0: as wide as it gets). Each column is as wide
// as its widest cell if all fit; otherwise cells are wrapped between words; if that does not
// suffice either, each row is a block of lines, "HEAD: cell". No cell is ever cut off.
std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, size_t columns);
// The same for standard output.
std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace authd::cli
