// Administration by name: PUT makes a thing be as the request says, whether or not it is there. 201
// if it was made, otherwise 200; a second request changes nothing.
#include <array>

#include "api/core/forms.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/put_account.h"
#include "auth/accounts/roles/role_removal.h"
#include "auth/oauth/clients/client_put.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "config/reading/values.h"

namespace authd::api {
namespace {

constexpr std::array<std::string_view, 1> kBesides = {"client_secret"};

int status_of(auth::PutOutcome outcome) {
  return outcome == auth::PutOutcome::made ? 201 : 200;
}

}  // namespace

// PUT admin/roles/:name {description?, permissions?}
Result<http::Reply> put_role(const Context& context) {
  const JsonObject form = TRY(context.form());
  tables::Role role;
  role.name = context.request.param("name");
  role.description = TRY(form.optional_string("description")).value_or("");
  role.permissions = TRY(form.optional_strings("permissions")).value_or(role.permissions);
  const auto put = TRY(auth::put_role(context.auth(), role, context.origin()));
  JsonWriter json;
  write_role(json, put.row);
  return http::Reply::json(status_of(put.outcome), std::move(json));
}

// DELETE admin/roles/:name. Users lose it one by one, so a role that many have is for the command
// line: this request would take minutes.
Result<http::Reply> remove_role(const Context& context) {
  const std::string_view name = context.request.param("name");
  TRY(auth::check_role_is_small(context.auth(), name));
  TRY(auth::delete_role(context.auth(), name, context.origin()));
  return http::Reply::no_content();
}

// PUT admin/clients/:id {name?, client_secret?, …}; with "client_secret" if the server made one
Result<http::Reply> put_client(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::WantedClient wanted;
  wanted.id = context.request.param("id");
  wanted.secret = ClientSecret(TRY(form.optional_string("client_secret")).value_or(""));
  wanted.members = TRY(auth::changes_from_json(form, kBesides));
  auth::PutClient put = TRY(auth::put_client(context.auth(), wanted, context.origin()));
  const int status = status_of(put.put.outcome);
  JsonWriter json;
  write_made_client(json, context.auth().config, {std::move(put.put.row), std::move(put.secret)});
  return http::Reply::json(status, std::move(json));
}

// PUT admin/resources {identifier, name, scopes?, access_ttl?}: identifiers are addresses, so they
// are no part of a path.
Result<http::Reply> put_resource(const Context& context) {
  const JsonObject form = TRY(context.form());
  tables::Resource resource;
  resource.identifier = TRY(form.string("identifier"));
  resource.name = TRY(form.string("name"));
  resource.scopes = TRY(form.optional_strings("scopes")).value_or(resource.scopes);
  const std::string life = TRY(form.optional_string("access_ttl")).value_or("0");
  const Result<Milliseconds> parsed = config::parse_duration(life);
  if (!parsed)
    return Error{ErrorCode::invalid, "This must be a duration such as \"15m\".", "access_ttl"};
  resource.access_ttl_ms = static_cast<uint64_t>(parsed->count());
  const auto put = TRY(auth::put_resource(context.auth(), resource, context.origin()));
  JsonWriter json;
  write_resource(json, put.row);
  return http::Reply::json(status_of(put.outcome), std::move(json));
}

// PUT admin/users/by-name/:name {email?, …, roles?, is_active?, email_verified?, attributes?}
Result<http::Reply> put_user(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::WantedAccount wanted;
  wanted.login = context.request.param("name");
  wanted.profile = TRY(profile_change_of(form));
  wanted.profile.username.reset();  // Another name would make a second request mean something else.
  wanted.profile.email = TRY(change_of(form, "email"));
  wanted.profile.attributes = TRY(auth::attribute_changes_of(form));
  wanted.email_verified = TRY(form.optional_boolean("email_verified"));
  wanted.roles = TRY(form.optional_strings("roles"));
  if (const auto is_active = TRY(form.optional_boolean("is_active"))) wanted.disabled = !*is_active;
  const auto put = TRY(auth::put_account(context.auth(), wanted, context.origin()));
  const auth::AccountView view = TRY(auth::view_account(context.auth(), put.row.user.id));
  JsonWriter json;
  write_account(json, view, context.auth().config, auth::AttributeSide::admin);
  return http::Reply::json(status_of(put.outcome), std::move(json));
}

}  // namespace authd::api
