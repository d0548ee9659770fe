// Colours from the configuration: parsed strictly, and adjusted so that text on them and in them is
// legible (WCAG 2.2, a contrast of at least 4.5 to 1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace authd::web {

struct Colour {
  int red = 0, green = 0, blue = 0;  // 0 to 255
  friend bool operator==(const Colour&, const Colour&) = default;
};

// "#1a4fa3"; nullopt for everything else.
std::optional<Colour> parse_colour(std::string_view text);
std::string format_colour(Colour colour);

// WCAG's contrast ratio, 1 to 21.
double contrast(Colour one, Colour other);

// White or black, whichever is legible on it.
Colour text_on(Colour background);

// The colour, darkened or lightened until it has that contrast with the background.
Colour readable_on(Colour colour, Colour background, double ratio = 4.5);

}  // namespace authd::web
