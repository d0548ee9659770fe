// The applications that a person has let in, and those that are there for them.
#include "api/core/forms.h"
#include "api/core/write.h"
#include "api/oauth/endpoints.h"
#include "auth/core/grant_session.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/requests/consents.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/oauth/tokens/portal.h"

namespace authd::api::oauth {
namespace {

void write_grant(JsonWriter& json, const config::Config& config, const auth::GrantRows& rows) {
  const tables::Grant& grant = rows.grant;
  json.begin_object()
      .field("id", auth::grant_text(grant.id))
      .field("client_id", rows.client.id)
      .field("client_name", rows.client.name)
      .field("client_uri", rows.client.client_uri)
      .field("logo_uri", auth::logo_path(rows.client));
  write_texts(json, "scopes", grant.scopes);
  write_granted_attributes(json, config, grant.scopes);
  write_texts(json, "resources", grant.resources);
  json.field("created_at", format_rfc3339(grant.created_at))
      .field("last_used", format_rfc3339(std::max(grant.created_at, grant.rotated_at)))
      .field("expires_at", format_rfc3339(grant.expires_at))
      .field("outlives_session", auth::outlives_session(grant))
      .end_object();
}

void write_consent(JsonWriter& json, const config::Config& config,
                   const auth::GivenConsent& given) {
  json.begin_object()
      .field("client_id", given.client.id)
      .field("client_name", given.client.name)
      .field("client_uri", given.client.client_uri)
      .field("logo_uri", auth::logo_path(given.client));
  write_texts(json, "scopes", given.consent.scopes);
  write_granted_attributes(json, config, given.consent.scopes);
  write_texts(json, "resources", given.consent.resources);
  json.field("created_at", format_rfc3339(given.consent.created_at))
      .field("updated_at", format_rfc3339(given.consent.updated_at))
      .end_object();
}

}  // namespace

namespace {

Reply grants_reply(const Context& context, UserId user) {
  const auth::Services& s = context.auth();
  const auto grants = TRY(auth::list_grants(s, user, s.clock.now()));
  JsonWriter json;
  write_list(json, "grants", grants,
             [&](JsonWriter& to, const auth::GrantRows& rows) { write_grant(to, s.config, rows); });
  return http::Reply::json(200, std::move(json));
}

Result<std::string> grant_in_path(const Context& context, std::string_view name) {
  std::optional<std::string> id = auth::parse_grant_id(context.request.param(name));
  if (!id) return Error{ErrorCode::not_found, "There is no such grant."};
  return std::move(*id);
}

}  // namespace

// GET users/me/grants → {grants}, last used first
Reply list_my_grants(const Context& context, const auth::Person& person) {
  return grants_reply(context, person.user().id);
}

// GET admin/users/:id/grants → {grants}, last used first
Reply list_user_grants(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::view_account(context.auth(), id));
  return grants_reply(context, id);
}

// DELETE admin/users/:id/grants/:grant → 204
Reply end_user_grant(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  const std::string grant = TRY(grant_in_path(context, "grant"));
  TRY(auth::end_user_grant(context.auth(), id, grant, context.origin()));
  return http::Reply::no_content();
}

// GET users/me/apps → {apps}: what the person may open
Reply list_my_apps(const Context& context, const auth::Person& person) {
  const auto apps = TRY(auth::portal_of(context.auth(), person.roles()));
  JsonWriter json;
  write_list(json, "apps", apps, [&](JsonWriter& to, const tables::Client& client) {
    to.begin_object()
        .field("client_id", client.id)
        .field("name", client.name)
        .field("description", client.description)
        .field("client_uri", client.client_uri)
        .field("launch_uri", auth::launch_address(context.auth(), client))
        .field("logo_uri", auth::logo_path(client))
        .end_object();
  });
  return http::Reply::json(200, std::move(json));
}

Reply end_my_grant(const Context& context, const auth::Person& person) {
  const std::string id = TRY(grant_in_path(context, "id"));
  TRY(auth::end_own_grant(context.auth(), person.user().id, id, context.origin()));
  return http::Reply::no_content();
}

// GET users/me/consents → {consents}: what need not be asked again
Reply list_my_consents(const Context& context, const auth::Person& person) {
  const auto consents = TRY(auth::list_consents(context.auth(), person.user().id));
  JsonWriter json;
  write_list(json, "consents", consents, [&](JsonWriter& to, const auth::GivenConsent& given) {
    write_consent(to, context.auth().config, given);
  });
  return http::Reply::json(200, std::move(json));
}

Reply withdraw_my_consent(const Context& context, const auth::Person& person) {
  const std::string client = auth::client_in_path(context.request.param("client"));
  TRY(auth::withdraw_consent(context.auth(), person.user().id, client, context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api::oauth
