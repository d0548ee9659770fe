#include "api/core/registration_tokens.h"

namespace authd::api {
namespace {

// Into the object that is open.
void write_members(JsonWriter& json, const tables::RegistrationToken& token) {
  json.field("id", auth::registration_token_text(token))
      .field("name", token.name)
      .field("uses_left", token.uses_left)
      .field("created_at", format_rfc3339(token.created_at))
      .field("expires_at", format_rfc3339(token.expires_at));
}

}  // namespace

void write_registration_token(JsonWriter& json, const tables::RegistrationToken& token) {
  json.begin_object();
  write_members(json, token);
  json.end_object();
}

void write_made_registration_token(JsonWriter& json, const auth::MadeRegistrationToken& made) {
  json.begin_object();
  write_members(json, made.row);
  json.field("token", made.text.reveal()).end_object();
}

}  // namespace authd::api
