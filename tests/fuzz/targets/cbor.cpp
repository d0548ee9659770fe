// CBOR: each value has one encoding, so an accepted text is what a writer makes of its value.
#include "crypto/webauthn/cbor.h"

#include "support/software_authenticator.h"
#include "target.h"

namespace authd::fuzz {
namespace {

namespace cbor = test::cbor;
using crypto::CborValue;

// `depth` is how many arrays and maps are around it.
std::string written(const CborValue& value, size_t depth) {
  if (const auto number = value.integer()) return cbor::integer(*number);
  if (const auto flag = value.boolean()) return cbor::boolean(*flag);
  if (const auto bytes = value.bytes()) return cbor::bytes(*bytes);
  if (const auto text = value.text()) {
    CHECK(is_valid_utf8(*text));
    return cbor::text(*text);
  }
  CHECK(depth < crypto::kMaxCborDepth);
  if (const auto* items = value.array()) {
    std::vector<std::string> all;
    for (const CborValue& item : *items)
      all.push_back(written(item, depth + 1));
    return cbor::array(all);
  }
  CHECK(value.map() != nullptr);
  cbor::Members members;
  for (const auto& [key, member] : *value.map()) {
    if (const auto number = key.integer()) {
      CHECK(value.find(*number) == &member);
    } else {
      CHECK(value.find(key.text().value()) == &member);
    }
    members.emplace_back(written(key, depth + 1), written(member, depth + 1));
  }
  return cbor::map(members);
}

}  // namespace

void run(std::string_view input) {
  const auto front = crypto::parse_cbor_front(input);
  const auto whole = crypto::parse_cbor(input);
  CHECK(whole.has_value() == (front && front->length == input.size()));
  if (!front) {
    CHECK(!front.error().message.empty());
    return;
  }
  CHECK(written(front->value, 0) == input.substr(0, front->length));
  // What follows the value does not matter, and nothing of the value does without.
  CHECK(crypto::parse_cbor(input.substr(0, front->length)));
  CHECK(!crypto::parse_cbor_front(input.substr(0, front->length - 1)));
}

}  // namespace authd::fuzz
