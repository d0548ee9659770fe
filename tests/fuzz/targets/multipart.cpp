// Bodies by their media type: the first line of the input is the Content-Type.
#include "http/wire/multipart.h"

#include "http/wire/body.h"
#include "support/fake_request.h"
#include "target.h"

namespace authd::fuzz {

void run(std::string_view input) {
  Dice dice(input);
  const std::string type(dice.line());
  const std::string_view body = dice.rest();
  const auto request = test::FakeRequest::with_body(type, body);
  if (http::is_multipart(request)) {
    if (const auto file = http::multipart_file(request)) {
      CHECK(file->data() >= body.data() &&
            file->data() + file->size() <= body.data() + body.size());
      CHECK(body.starts_with("--"));
    }
  }
  if (const auto form = http::form_body(request)) {
    size_t bytes = 0;
    for (const auto& [key, value] : *form)
      bytes += key.size() + value.size();
    CHECK(bytes <= body.size());
  }
  static_cast<void>(http::json_body(request));
}

}  // namespace authd::fuzz
