#include "web/colour.h"

#include <algorithm>
#include <cmath>

#include "base/encoding.h"

namespace authd::web {
namespace {

constexpr Colour kWhite{255, 255, 255};
constexpr Colour kBlack{0, 0, 0};  // Either this or white has 4.58 on every colour.

double linear(int channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(Colour colour) {
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

int mixed(int from, int to, double part) {
  return static_cast<int>(std::lround(from + (to - from) * part));
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  if (text.size() != 7 || text.front() != '#') return std::nullopt;
  const auto bytes = hex_decode(text.substr(1));
  if (!bytes) return std::nullopt;
  const auto channel = [&](size_t i) {
    return static_cast<int>(static_cast<uint8_t>((*bytes)[i]));
  };
  return Colour{channel(0), channel(1), channel(2)};
}

std::string format_colour(Colour colour) {
  return "#" +
         hex_encode(std::string{static_cast<char>(colour.red), static_cast<char>(colour.green),
                                static_cast<char>(colour.blue)});
}

double contrast(Colour one, Colour other) {
  const double a = luminance(one) + 0.05;
  const double b = luminance(other) + 0.05;
  return std::max(a, b) / std::min(a, b);
}

Colour text_on(Colour background) {
  return contrast(kWhite, background) >= 4.5 ? kWhite : kBlack;
}

Colour readable_on(Colour colour, Colour background, double ratio) {
  const Colour target = luminance(background) > 0.18 ? kBlack : kWhite;
  for (int step = 0; step < 50; ++step) {
    const double part = step / 50.0;
    const Colour tried{mixed(colour.red, target.red, part), mixed(colour.green, target.green, part),
                       mixed(colour.blue, target.blue, part)};
    if (contrast(tried, background) >= ratio) return tried;
  }
  return target;
}

}  // namespace authd::web
