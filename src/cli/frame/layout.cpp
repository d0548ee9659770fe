#include "cli/frame/layout.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/encoding.h"
#include "base/text.h"

namespace authd::cli {
namespace {

using Cells = std::vector<std::string>;

constexpr size_t kGap = 2;  // columns between two cells

struct Range {
  uint32_t first;
  uint32_t last;
};

// Of Unicode 15, what occurs in names: combining marks, joiners, variation selectors.
constexpr std::array kNoWidth = {
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x0610, 0x061a},
    Range{0x064b, 0x065f}, Range{0x0e31, 0x0e31}, Range{0x0e34, 0x0e3a}, Range{0x0e47, 0x0e4e},
    Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff}, Range{0x200b, 0x200f}, Range{0x20d0, 0x20ff},
    Range{0x3099, 0x309a}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f}};

// East_Asian_Width W and F (Unicode Standard Annex 11), and emoji.
constexpr std::array kTwoWide = {
    Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},  Range{0x3400, 0x4dbf},
    Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},   Range{0xa960, 0xa97f},  Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},  Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f}, Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};

template <size_t N>
bool is_in(const std::array<Range, N>& ranges, uint32_t code_point) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& one) {
    return one.first <= code_point && code_point <= one.last;
  });
}

// Of one character of valid UTF-8.
uint32_t code_point_of(std::string_view character) {
  const auto first = static_cast<uint8_t>(character.front());
  if (character.size() == 1) return first;
  uint32_t code_point = first & (0xffu >> (character.size() + 1));
  for (const char c : character.substr(1))
    code_point = code_point << 6 | (static_cast<uint8_t>(c) & 0x3fu);
  return code_point;
}

size_t width_of(uint32_t code_point) {
  if (is_in(kNoWidth, code_point)) return 0;
  return is_in(kTwoWide, code_point) ? 2 : 1;
}

// A cell can break after a space or a comma.
Cells words_of(std::string_view text) {
  Cells words;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" ,"), text.size() - 1);
    words.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return words;
}

std::string_view without_blanks(std::string_view text) {
  return trimmed(text, " ");
}

void pad(std::string& line, size_t width) {
  const size_t has = display_width(line);
  if (has < width) line.append(width - has, ' ');
}

// The width of each column, by `width_of_cell`.
template <typename Width>
std::vector<size_t> widths_of(const std::vector<Cells>& rows, Width width_of_cell) {
  std::vector<size_t> widths(rows.front().size());
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max<size_t>(widths[i], width_of_cell(row[i]));
  }
  return widths;
}

size_t sum_of(const std::vector<size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
}

// Takes columns from the widest column that has some to give, until all fit.
void shrink(std::vector<size_t>& widths, const std::vector<size_t>& least, size_t columns) {
  for (size_t all = sum_of(widths); all > columns; --all) {
    size_t widest = widths.size();
    for (size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > least[i] && (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    }
    if (widest == widths.size()) return;
    --widths[widest];
  }
}

void add_row(std::string& out, const Cells& row, const std::vector<size_t>& widths) {
  std::vector<Cells> lines;
  size_t height = 1;
  for (size_t i = 0; i < row.size(); ++i) {
    lines.push_back(wrapped(row[i], widths[i]));
    height = std::max(height, lines.back().size());
  }
  for (size_t at = 0; at < height; ++at) {
    std::string line;
    size_t column = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      if (at < lines[i].size()) line += lines[i][at];
      column += widths[i] + kGap;
      pad(line, column);
    }
    while (line.ends_with(' '))
      line.pop_back();
    out += line + "\n";
  }
}

// Each row as lines of its own. Empty cells are left out.
std::string blocks(const std::vector<Cells>& rows) {
  const Cells& head = rows.front();
  size_t widest = 0;
  for (const std::string& name : head)
    widest = std::max(widest, display_width(name));
  std::string out;
  for (size_t at = 1; at < rows.size(); ++at) {
    if (at > 1) out += "\n";
    for (size_t i = 0; i < head.size(); ++i) {
      if (rows[at][i].empty()) continue;
      std::string line = head[i] + (head[i].empty() ? "" : ":");
      pad(line, widest + kGap);
      out += line + rows[at][i] + "\n";
    }
  }
  return out;
}

}  // namespace

size_t columns_of(int fd) {
  winsize size{};
  if (isatty(fd) != 1 || ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    if (character.empty()) return width + text.size();  // Not UTF-8.
    width += width_of(code_point_of(character));
    text.remove_prefix(character.size());
  }
  return width;
}

std::vector<std::string> wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (const std::string& word : words_of(text)) {
    const size_t needed = display_width(line) + display_width(without_blanks(word));
    if (!line.empty() && needed > width) {
      lines.emplace_back(without_blanks(line));
      line.clear();
    }
    line += word;
  }
  if (!line.empty()) lines.emplace_back(without_blanks(line));
  return lines;
}

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + " ";
  if (count == 1) return text.append(one);
  return many.empty() ? text.append(one) + "s" : text.append(many);
}

std::string printable(const std::string& text) {
  if (!is_valid_utf8(text)) return "(not UTF-8)";
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = first_character(rest);
    out += is_control(character) ? "?" : character;
    rest.remove_prefix(character.size());
  }
  return out;
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, size_t columns) {
  std::vector<Cells> all = {head};
  for (const Cells& row : rows) {
    Cells& cells = all.emplace_back();
    for (const std::string& cell : row)
      cells.push_back(printable(cell));
  }
  std::vector<size_t> widths = widths_of(all, &display_width);
  if (columns > 0 && sum_of(widths) > columns) {
    const std::vector<size_t> least = widths_of(all, [](const std::string& cell) {
      size_t longest = 0;
      for (const std::string& word : words_of(cell))
        longest = std::max(longest, display_width(without_blanks(word)));
      return longest;
    });
    if (sum_of(least) > columns) return blocks(all);
    shrink(widths, least, columns);
  }
  std::string out;
  for (const Cells& row : all)
    add_row(out, row, widths);
  return out;
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  return table(head, rows, columns_of(STDOUT_FILENO));
}

}  // namespace authd::cli
