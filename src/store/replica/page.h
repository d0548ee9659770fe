// What a main server and a replica say to each other: records of one copy, as bytes. docs/format.md
// has the layout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/copy/copy.h"
#include "store/store.h"

namespace authd::store {

// What a replica has to have for one step.
struct Page {
  Place place;           // where the copy stands once it has the records
  bool is_last = false;  // it has everything that was committed before the question, then
  std::string settings;  // a short text that changes when the settings of the main server do
  std::vector<Record> records;
};

// Of a page as bytes. One commit is never torn apart, and may make a page larger than intended.
inline constexpr size_t kUsualPageBytes = 512 * 1024;

// Adds records one by one, so that what a page will weigh is known.
class PageWriter {
 public:
  void add(std::string_view key, std::optional<std::string_view> value);
  size_t size() const { return records_.size(); }
  std::string finish(const Place& place, bool is_last, std::string_view settings) const;

 private:
  std::string records_;
};

// Error: `malformed`.
Result<Page> parse_page(std::string_view bytes);

// "<number>-<mark in hexadecimal>", as in queries. Error: `invalid`, with `field`.
std::string text_of(const Place& place);
Result<Place> parse_place(std::string_view text, std::string_view field);

}  // namespace authd::store
