// Writes the manual page of the configuration file, man/authd.toml.5, to standard output: the keys
// of config/reading/keys.h with their defaults and help, in the frame of a template
// (man/authd.toml.5.in). `make docs` runs it, and the test build_documents compares the page with
// its output.
//
// The template is a manual page in which a line "@keys" begins the texts that go beyond the help:
//   @section NAME   the lines that follow come below the heading of that section
//   @key NAME       the lines that follow come below the entry of that key
//   @end            the rest of the page
// A name that is not a section or key is an error, so left-over prose of a removed key is noticed.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "config/reading/keys.h"
#include "config/reading/named_tables.h"

namespace authd::config {
namespace {

struct Template {
  std::string head;                          // before the keys
  std::map<std::string, std::string> prose;  // by "section NAME" or "key NAME"
  std::string tail;
};

Template read_template(std::istream& in) {
  Template page;
  std::string* part = &page.head;
  for (std::string line; std::getline(in, line);) {
    if (line == "@keys") continue;  // The next directive says where the lines go.
    if (line == "@end") {
      part = &page.tail;
    } else if (line.starts_with('@')) {
      part = &page.prose[line.substr(1)];
    } else {
      *part += line + "\n";
    }
  }
  return page;
}

// A hyphen that the reader types; troff would print another character.
std::string typed(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '-' ? "\\-" : std::string(1, c);
  return out;
}

// The same, with blanks, so that a long list can go on in the next line.
std::string typed_list(std::string_view text) {
  std::string out;
  for (const char c : typed(text))
    out += c == ',' ? ", " : std::string(1, c);
  return out;
}

std::string taken(Template& page, const std::string& name) {
  const auto found = page.prose.extract(name);
  return found.empty() ? "" : found.mapped();
}

std::string entry(const Key& key, Template& page) {
  std::string fallback = key.default_note.empty() ? key.default_text : key.default_note;
  if (fallback.empty()) fallback = "empty";
  return ".TP\n.B " + key.name +
         " \\fR(default: " + (key.is_list ? typed_list(fallback) : typed(fallback)) + ")" +
         (key.is_reloadable ? " (reload)" : "") + "\n" + key.help + "\n" +
         taken(page, "key " + key.name);
}

// Tables with names come last, as in `authd config example`.
std::vector<Key> keys_in_order() {
  std::vector<Key> keys(all_keys().begin(), all_keys().end());
  for (const NamedTables& tables : named_tables()) {
    for (Key& key : tables.keys("<name>"))
      keys.push_back(std::move(key));
  }
  return keys;
}

std::string manual_page(Template page) {
  std::string out = std::move(page.head);
  std::string section;
  for (const Key& key : keys_in_order()) {
    const std::string own = key.name.substr(0, key.name.rfind('.'));
    if (own != section) {
      section = own;
      out += ".SS [" + section + "]\n" + taken(page, "section " + section);
    }
    out += entry(key, page);
  }
  if (page.prose.empty()) return out + page.tail;
  std::cerr << "the template has a text for \"" << page.prose.begin()->first
            << "\", and there is no such thing\n";
  return "";
}

}  // namespace
}  // namespace authd::config

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::ifstream in(arguments[1]);
  const std::string page = authd::config::manual_page(authd::config::read_template(in));
  std::cout << page;
  return !page.empty() && std::cout.flush() ? 0 : 1;
}
