// A page that the server writes whole and that needs no script: what went wrong, with links that
// lead on, or a form that goes on to another server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "web/catalogue.h"

namespace authd::web {

struct PlainPage {
  struct Link {
    std::string_view label;  // the key of a text
    std::string address;
  };
  struct Field {
    std::string name;
    std::string_view label;  // the key of a text
    std::string_view type;   // of the input: "text", "password"
    std::string_view autocomplete;
    std::string value = {};
  };
  struct Button {
    std::string_view label;  // the key of a text
    std::string name = {};   // with `value`; empty: none
    std::string value = {};
  };
  struct Form {
    std::string address;
    std::vector<std::pair<std::string, std::string>> hidden;
    std::vector<Field> fields = {};
    std::vector<Button> buttons = {{"plain.go_on"}};  // the first one is the one to press
    bool sends_itself = false;                        // by a script, at once
  };
  // What the server says: a text of the pages if there is one for the refusal, as
  // src/web/pages/_core/api.js finds it (error.CODE.REASON, error.CODE.FIELD, error.CODE), else the
  // text that is here. tests/build/catalogues_test.py sees that there is one.
  struct Said {
    std::string text = {};
    std::string code = {};
    std::string field = {};
    std::string reason = {};
    uint64_t limit = 0;  // the number of the rule; 0: none
  };
  int status = 200;
  std::string picture;  // the address of a logo that stands above the title; empty: none
  Text title;
  Said message;
  Said problem;                    // what was wrong with the form; empty: nothing
  std::optional<Text> warning;     // what stands out, below the message
  std::vector<Text> paragraphs;    // below that
  std::vector<std::string> items;  // a list below these; keys of texts, or plain words
  std::string for_administrators;  // how to mend it; empty: nothing
  std::optional<Form> form;
  std::vector<Link> links;  // without a form, the first one is the one to press
};

// Nothing inline and nothing from elsewhere. A form may lead anywhere: its fields and its address
// are the server's own.
inline constexpr std::string_view kPlainPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'";

PlainPage::Said said(const Error& error);

// The title, and what stands below it, as HTML.
std::string plain_body(const Catalogue& words, const PlainPage& page);

}  // namespace authd::web
