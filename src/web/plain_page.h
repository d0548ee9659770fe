// A page that the server writes whole and that needs no script: what went wrong, with links that
// lead on, or a form that goes on to another server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::web {

struct PlainPage {
  struct Link {
    std::string_view label;  // the key of a text
    std::string address;
  };
  // A script sends the form at once, and without scripts its button.
  struct Form {
    std::string address;
    std::vector<std::pair<std::string, std::string>> fields;
  };
  int status = 200;
  std::string_view title;  // the key of a text
  std::string message;
  std::string for_administrators;  // how to mend it; empty: nothing
  std::vector<Link> links;         // the first one is the one to press
  std::optional<Form> form;
};

// Nothing inline and nothing from elsewhere. A form may lead anywhere: its fields and its address
// are the server's own.
inline constexpr std::string_view kPlainPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'";

// What stands below the title, as HTML.
std::string plain_body(std::string_view language, const PlainPage& page);

}  // namespace authd::web
