#include "auth/oauth/protocol/asked_claims.h"

#include "base/json.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxClaims = 50;
constexpr JsonLimits kLimits{.max_bytes = 4096, .max_depth = 6};

Error unreadable() {
  return Error{ErrorCode::malformed,
               "\"claims\" must be a JSON object as in OpenID Connect Core section 5.5.", "claims",
               "invalid_request"};
}

// What is asked about one claim: null, or an object with "essential", "value" and "values".
struct Wish {
  bool is_essential = false;
  std::vector<std::string> values;
};

Result<Wish> wish_for(const JsonObject& place, const std::string& name) {
  Wish wish;
  if (place.is_null(name)) return wish;
  const JsonObject json = TRY(place.object(name));
  wish.is_essential = TRY(json.optional_boolean("essential")).value_or(false);
  // Values of other types are for claims whose value nobody can choose here.
  if (Result<std::optional<std::string>> value = json.optional_string("value"); value && *value) {
    wish.values.push_back(std::move(**value));
  }
  if (Result<std::optional<std::vector<std::string>>> values = json.optional_strings("values");
      values && *values) {
    wish.values.insert(wish.values.end(), (*values)->begin(), (*values)->end());
  }
  return wish;
}

Result<std::vector<std::string>> names_at(const JsonObject& json, std::string_view place) {
  if (!json.has(place) || json.is_null(place)) return std::vector<std::string>{};
  const JsonObject names = TRY(json.object(place));
  return names.keys();
}

Result<AskedClaims> read(const JsonObject& json) {
  AskedClaims asked;
  asked.userinfo = TRY(names_at(json, "userinfo"));
  asked.id_token = TRY(names_at(json, "id_token"));
  if (asked.userinfo.size() + asked.id_token.size() > kMaxClaims) return unreadable();
  for (const std::string& name : asked.userinfo) {
    const Wish wish = TRY(wish_for(TRY(json.object("userinfo")), name));
    if (name == "sub" && !wish.values.empty()) asked.subject = wish.values.front();
  }
  for (const std::string& name : asked.id_token) {
    const Wish wish = TRY(wish_for(TRY(json.object("id_token")), name));
    if (name == "sub" && !wish.values.empty()) asked.subject = wish.values.front();
    if (name != "acr") continue;
    asked.acrs = wish.values;
    asked.is_acr_essential = wish.is_essential;
  }
  return asked;
}

}  // namespace

Result<AskedClaims> parse_asked_claims(std::string_view text) {
  if (text.empty()) return AskedClaims{};
  const Result<JsonObject> json = JsonObject::parse(text, kLimits);
  if (!json) return unreadable();
  Result<AskedClaims> asked = read(*json);
  if (!asked) return unreadable();
  return asked;
}

}  // namespace authd::auth
