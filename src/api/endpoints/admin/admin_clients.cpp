// Administration of the applications that use this server, and of the APIs that their tokens are
// for.
#include <array>

#include "api/core/client_templates.h"
#include "api/core/pictures.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/resources.h"
#include "auth/oauth/protocol/document_address.h"
#include "config/reading/values.h"

namespace authd::api {
namespace {

// The id of the client in the path (auth/oauth/protocol/document_address.h).
std::string client_named(const Context& context) {
  return auth::client_in_path(context.request.param("id"));
}

constexpr std::array<std::string_view, 4> kBesides = {"client_id", "client_secret", "template",
                                                      "url"};

http::Reply json_of(const Context& context, int status, const tables::Client& client) {
  JsonWriter json;
  write_client(json, context.auth().config, client);
  return http::Reply::json(status, std::move(json));
}

// "15m"; "0", "" and an absent field are no time.
Result<Milliseconds> duration_of(const JsonObject& form, std::string_view field) {
  const std::string text = TRY(form.optional_string(field)).value_or("");
  if (text.empty()) return Milliseconds(0);
  const Result<Milliseconds> parsed = config::parse_duration(text);
  if (parsed) return *parsed;
  return Error{ErrorCode::invalid, "This must be a duration such as \"15m\".", std::string(field)};
}

// The template that the form names, whose members then are in `wanted`; null if it names none.
Result<const auth::ClientTemplate*> apply_template(auth::NewClient& wanted,
                                                   const JsonObject& form) {
  const std::optional<std::string> id = TRY(form.optional_string("template"));
  const std::string url = TRY(form.optional_string("url")).value_or("");
  if (!id) {
    TRY(form.string("name"));
    if (url.empty()) return nullptr;
    return Error{ErrorCode::invalid, "This is allowed only together with \"template\".", "url"};
  }
  const auto* from = TRY(auth::find_template(client_templates(), *id));
  TRY(auth::apply_template(wanted, *from, url));
  return from;
}

}  // namespace

// GET admin/client-templates → {templates}: what POST admin/clients takes as "template"
Result<http::Reply> list_client_templates(const Context&) {
  JsonWriter json;
  write_list(json, "templates", client_templates(), &write_template);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> list_clients(const Context& context) {
  JsonWriter json;
  write_list(json, "clients", TRY(auth::list_clients(context.auth())),
             [&](JsonWriter& to, const tables::Client& client) {
               write_client(to, context.auth().config, client);
             });
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> show_client(const Context& context) {
  const auto client = TRY(auth::get_client(context.auth(), client_named(context)));
  return json_of(context, 200, client);
}

// POST admin/clients {name, …} or {template, url, …} → 201 {client_id, client_secret, …}: the
// secret is shown only this once
Result<http::Reply> add_client(const Context& context) {
  const auth::Services& s = context.auth();
  const JsonObject form = TRY(context.form());
  auth::NewClient wanted;
  wanted.id = TRY(form.optional_string("client_id")).value_or("");
  wanted.secret = ClientSecret(TRY(form.optional_string("client_secret")).value_or(""));
  wanted.members = TRY(auth::changes_from_json(form, kBesides));
  const auth::ClientTemplate* from = TRY(apply_template(wanted, form));
  const auth::MadeClient made = TRY(auth::add_client(s, wanted, context.origin()));
  JsonWriter json;
  if (from == nullptr) {
    write_made_client(json, s.config, made);
  } else {
    const std::string url = TRY(form.optional_string("url")).value_or("");
    const MadeApp app{from, auth::settings_for(s.config, *from, url, made)};
    write_made_client(json, s.config, made, &app);
  }
  return http::Reply::json(201, std::move(json));
}

Result<http::Reply> change_client(const Context& context) {
  const auto changes = TRY(auth::changes_from_json(TRY(context.form()), {}));
  return json_of(
      context, 200,
      TRY(auth::change_client(context.auth(), client_named(context), changes, context.origin())));
}

Result<http::Reply> remove_client(const Context& context) {
  TRY(auth::delete_client(context.auth(), client_named(context), context.origin()));
  return http::Reply::no_content();
}

// GET admin/clients/:id/preview?user=&scope= → {id_token, userinfo, access_token}
Result<http::Reply> preview_client(const Context& context) {
  const auth::Services& s = context.auth();
  const std::string_view login = context.request.query("user").value_or("");
  const tables::User user = TRY(auth::find_account(s, login));
  const auth::Preview preview = TRY(auth::preview_tokens(
      s, client_named(context), user, context.request.query("scope").value_or("")));
  JsonWriter json;
  write_preview(json, preview);
  return http::Reply::json(200, std::move(json));
}

// POST admin/clients/:id/secrets {expires_in?} → 201 {id, client_secret, …}
Result<http::Reply> add_client_secret(const Context& context) {
  const JsonObject form = TRY(context.form());
  const Milliseconds life = TRY(duration_of(form, "expires_in"));
  const auth::MadeSecret made = TRY(auth::add_secret(context.auth(), client_named(context), life,
                                                     ClientSecret(""), context.origin()));
  JsonWriter json;
  write_made_secret(json, made);
  return http::Reply::json(201, std::move(json));
}

Result<http::Reply> revoke_client_secret(const Context& context) {
  TRY(auth::revoke_secret(context.auth(), client_named(context), context.request.param("secret"),
                          context.origin()));
  return http::Reply::no_content();
}

// PUT admin/clients/:id/logo (api/core/pictures.h) → 200 with the client
Result<http::Reply> put_client_logo(const Context& context) {
  const Picture picture = TRY(picture_in(context));
  return json_of(context, 200,
                 TRY(auth::set_client_logo(context.auth(), client_named(context), picture.file(),
                                           context.origin())));
}

Result<http::Reply> remove_client_logo(const Context& context) {
  TRY(auth::remove_client_logo(context.auth(), client_named(context), context.origin()));
  return http::Reply::no_content();
}

Result<http::Reply> list_resources(const Context& context) {
  JsonWriter json;
  write_list(json, "resources", TRY(auth::list_resources(context.auth())), &write_resource);
  return http::Reply::json(200, std::move(json));
}

// POST admin/resources {identifier, name, scopes?, access_ttl?} → 201
Result<http::Reply> add_resource(const Context& context) {
  const JsonObject form = TRY(context.form());
  tables::Resource resource;
  resource.identifier = TRY(form.string("identifier"));
  resource.name = TRY(form.string("name"));
  resource.scopes = TRY(form.optional_strings("scopes")).value_or(resource.scopes);
  resource.access_ttl_ms = static_cast<uint64_t>(TRY(duration_of(form, "access_ttl")).count());
  resource = TRY(auth::add_resource(context.auth(), std::move(resource), context.origin()));
  JsonWriter json;
  write_resource(json, resource);
  return http::Reply::json(201, std::move(json));
}

// Identifiers are addresses, so they are no part of a path.
Result<http::Reply> change_resource(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::ResourceChange change;
  change.name = TRY(form.optional_string("name"));
  change.scopes = TRY(form.optional_strings("scopes"));
  if (form.has("access_ttl")) change.access_ttl = TRY(duration_of(form, "access_ttl"));
  const tables::Resource resource = TRY(auth::change_resource(
      context.auth(), TRY(form.string("identifier")), change, context.origin()));
  JsonWriter json;
  write_resource(json, resource);
  return http::Reply::json(200, std::move(json));
}

// DELETE admin/resources?identifier=
Result<http::Reply> remove_resource(const Context& context) {
  const std::string_view identifier = context.request.query("identifier").value_or("");
  TRY(auth::delete_resource(context.auth(), identifier, context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
