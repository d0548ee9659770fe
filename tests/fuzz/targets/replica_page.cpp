// What a replica gets from its main server, and the places that it sends back.
#include "store/replica/page.h"
#include "target.h"

namespace authd::fuzz {

void run(std::string_view input) {
  if (const Result<store::Page> page = store::parse_page(input)) {
    store::PageWriter writer;
    for (const store::Record& record : page->records) {
      CHECK(!record.key.empty() && record.key.size() < store::kMaxKeyBytes);
      writer.add(record.key, record.value);
    }
    CHECK(writer.finish(page->place, page->is_last, page->settings) == input);
  }
  if (const Result<store::Place> place = store::parse_place(input, "after"))
    CHECK(store::parse_place(store::text_of(*place), "after").value() == *place);
}

}  // namespace authd::fuzz
