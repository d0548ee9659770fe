// JSON: a value that was read is written the same way again, whichever getters are called.
#include "base/json.h"

#include "base/encoding.h"
#include "base/json_writer.h"
#include "http/wire/body.h"
#include "support/fake_request.h"
#include "target.h"

namespace authd::fuzz {
namespace {

std::string written(const JsonObject& object) {
  JsonWriter json;
  json.begin_object();
  for (const std::string& name : object.keys()) {
    json.key(name);
    object.write(name, json);
  }
  json.end_object();
  return json.take();
}

// Asks for every kind of value; a refusal names the field.
void ask(const JsonObject& object, const std::string& name, int depth);

void ask_all(const JsonObject& object, int depth) {
  for (const std::string& name : object.keys())
    ask(object, name, depth);
}

template <typename T>
bool is_answer(const Result<T>& result, const std::string& name) {
  CHECK(result || (result.error().code == ErrorCode::invalid && result.error().field == name));
  return result.has_value();
}

void ask(const JsonObject& object, const std::string& name, int depth) {
  CHECK(object.has(name));
  const auto string = object.string(name);
  const auto integer = object.integer(name);
  const auto inner = object.object(name);
  const int kinds = int{is_answer(string, name)} + int{is_answer(integer, name)} +
                    int{is_answer(inner, name)} + int{object.is_null(name)};
  CHECK(kinds <= 1);
  if (string) CHECK(is_valid_utf8(*string));
  is_answer(object.optional_boolean(name), name);
  is_answer(object.optional_strings(name), name);
  is_answer(object.string_or_strings(name), name);
  const auto objects = object.optional_objects(name);
  if (depth == 0) return;
  if (inner) ask_all(*inner, depth - 1);
  if (is_answer(objects, name) && *objects) {
    for (const JsonObject& one : **objects)
      ask_all(one, depth - 1);
  }
}

}  // namespace

void run(std::string_view input) {
  if (const auto object = JsonObject::parse(input)) {
    CHECK(is_valid_utf8(input));
    ask_all(*object, 3);
    const std::string once = written(*object);
    const auto again = JsonObject::parse(once, {kMaxInput * 8, 16});
    CHECK(again && again->keys() == object->keys() && written(*again) == once);
  }
  // The other reader, for one long string inside: it agrees on whether the text is a form.
  const auto request = test::FakeRequest::with_body("application/json", input);
  const auto form = http::json_body_with_file(request, "image");
  if (form) CHECK(http::json_body(request));
  if (form && form->file) CHECK(form->file->size() <= input.size());
}

}  // namespace authd::fuzz
