// API keys: /api/v1/users/me/api-keys, /api/v1/admin/users/:id/api-keys, /api/v1/admin/api-keys
#include "auth/accounts/account/api_keys.h"

#include "api/core/forms.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"

namespace authd::api {
namespace {

Result<http::Reply> keys_reply(const Context& context, UserId user) {
  const auto keys = TRY(auth::list_api_keys(context.auth(), user));
  JsonWriter json;
  write_list(json, "api_keys", keys, &write_api_key);
  return http::Reply::json(200, std::move(json));
}

// Text that is not a number cannot name a key.
Result<uint64_t> key_in_path(const Context& context) {
  const Result<uint64_t> number = number_in(context.request.param("key"), "key");
  if (!number) return Error{ErrorCode::not_found, "There is no such API key."};
  return *number;
}

}  // namespace

// GET users/me/api-keys → 200 {"api_keys": […]}
Result<http::Reply> list_my_api_keys(const Context& context, const auth::Person& person) {
  return keys_reply(context, person.user().id);
}

// POST users/me/api-keys {name, scopes, expires_in?} → 201 with "api_key", shown only this once
Result<http::Reply> add_my_api_key(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  auth::NewApiKey wanted;
  wanted.name = TRY(form.string("name"));
  wanted.scopes = TRY(form.optional_strings("scopes")).value_or(std::vector<std::string>{});
  if (form.has("expires_in")) {
    // A number of seconds that does not fit the clock type is out of range in any case.
    const int64_t seconds = TRY(form.integer("expires_in"));
    const bool fits = seconds > 0 && seconds <= int64_t{1} << 32;
    wanted.life = fits ? Milliseconds(Seconds(seconds)) : Milliseconds(0);
  }
  const auth::MadeApiKey made = TRY(auth::add_api_key(
      context.auth(), person.user().id, person.session().id, wanted, context.origin()));
  JsonWriter json;
  write_made_api_key(json, made.key, made.text.reveal());
  return http::Reply::json(201, std::move(json));
}

// DELETE users/me/api-keys/:key → 204
Result<http::Reply> revoke_my_api_key(const Context& context, const auth::Person& person) {
  const uint64_t number = TRY(key_in_path(context));
  TRY(auth::revoke_api_key(context.auth(), person.user().id, number, context.origin(),
                           person.session().id));
  return http::Reply::no_content();
}

// DELETE users/me/api-keys → 204
Result<http::Reply> revoke_my_api_keys(const Context& context, const auth::Person& person) {
  TRY(auth::revoke_api_keys(context.auth(), person.user().id, context.origin(),
                            person.session().id));
  return http::Reply::no_content();
}

// GET admin/users/:id/api-keys → 200 {"api_keys": […]}
Result<http::Reply> list_user_api_keys(const Context& context) {
  return keys_reply(context, TRY(user_in_path(context)));
}

// GET admin/api-keys?search=&sort=&cursor=&limit= → 200 {"api_keys": […], "next"}
Result<http::Reply> list_all_api_keys(const Context& context) {
  const size_t limit = TRY(page_size(context));
  const auto text = [&](const char* name) { return context.request.query(name).value_or(""); };
  const auth::ApiKeyQuery query =
      TRY(auth::parse_api_key_query(text("search"), text("sort"), text("cursor")));
  const auth::ApiKeyPage page = TRY(auth::find_api_keys(context.auth(), query, limit));
  JsonWriter json;
  write_page(json, "api_keys", page.keys, &write_api_key_of, page.next);
  return http::Reply::json(200, std::move(json));
}

// DELETE admin/users/:id/api-keys/:key → 204
Result<http::Reply> revoke_user_api_key(const Context& context) {
  const UserId user = TRY(user_in_path(context));
  const uint64_t number = TRY(key_in_path(context));
  TRY(auth::revoke_api_key(context.auth(), user, number, context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
