// Introspection (RFC 7662) and revocation (RFC 7009).
#include "auth/oauth/tokens/token_state.h"

#include "api/core/write.h"
#include "api/oauth/browser_reply.h"
#include "api/oauth/endpoints.h"
#include "auth/core/subject.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/acr.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/tokens/grants.h"
#include "auth/sessions/sessions.h"
#include "base/text.h"

namespace authd::api::oauth {
namespace {

Result<std::string_view> token_of(const Context& context) {
  if (context.program_form->has("token")) return std::string_view((*context.program_form)["token"]);
  return Error{ErrorCode::malformed, "\"token\" is required.", "token", "invalid_request"};
}

// The members of an active token, by the kind of token.
struct WriteActive {
  const auth::Services& s;
  JsonWriter& json;

  // No email in its place, which somebody else's may be until it is confirmed.
  void username(const tables::User& user) const {
    if (!user.username.empty()) json.field("username", user.username);
  }

  Result<void> operator()(const auth::Introspection& found) const {
    const tables::Session& session = found.session;
    json.field("scope", found.claims ? found.claims->scope : session.scope)
        .field("client_id", found.claims ? found.claims->client_id : "authd")
        .field("token_type", found.is_refresh ? "refresh_token" : "Bearer")
        .field("exp", unix_seconds(found.claims ? found.claims->expires_at : session.expires_at))
        .field("iat", unix_seconds(found.claims ? found.claims->issued_at : session.rotated_at))
        .field("aud", s.config.tokens.audience);
    json.field("sub", auth::subject_of(found.user));
    username(found.user);
    if (found.claims) json.field("jti", found.claims->jti);
    json.field("sid", auth::session_text(session.id));
    write_texts(json, "roles", found.roles);
    json.field("auth_time", unix_seconds(session.auth_time));
    return {};
  }

  Result<void> of_grant(const auth::GrantRows& rows, std::string_view subject,
                        const std::vector<std::string>& scopes) const {
    json.field("sub", subject);
    // As at userinfo. It is the same at every client, also where the subject is not.
    if (auth::contains(scopes, auth::kProfileScope)) username(rows.user);
    json.field("sid", auth::grant_text(rows.grant.id))
        .field("auth_time", unix_seconds(rows.grant.auth_time))
        .field("acr", auth::acr_of(rows.grant.amr));
    write_texts(json, "amr", rows.grant.amr);
    // As in the token itself: resource servers decide by groups.
    if (auth::contains(scopes, auth::kGroupsScope)) {
      TRY(auth::add_claims(s, json, rows, {{std::string(auth::kGroupsScope)}, {}, scopes}));
    }
    return {};
  }

  Result<void> operator()(const auth::TokenHolder& holder) const {
    const auth::Claims& claims = holder.claims();
    json.field("scope", joined(holder.scopes(), " "))
        .field("client_id", claims.client_id)
        .field("token_type", holder.is_bound() ? auth::kDpopType : auth::kBearerType)
        .field("exp", unix_seconds(claims.expires_at))
        .field("iat", unix_seconds(claims.issued_at));
    if (holder.audience().size() == 1) {
      json.field("aud", holder.audience().front());
    } else {
      write_texts(json, "aud", holder.audience());
    }
    json.field("jti", claims.jti);
    if (holder.is_bound()) auth::write_confirmation(json, claims.jkt);
    if (!claims.actors.empty()) {
      json.key("act");
      auth::write_actors(json, claims.actors);
    }
    const auth::GrantRows* rows = holder.grant();
    if (rows != nullptr) return of_grant(*rows, claims.subject, holder.scopes());
    json.field("sub", claims.subject);
    return {};
  }

  Result<void> operator()(const auth::GrantRows& rows) const {
    json.field("scope", joined(rows.grant.scopes, " "))
        .field("client_id", rows.client.id)
        .field("token_type", "refresh_token")
        .field("exp", unix_seconds(rows.grant.expires_at))
        .field("iat", unix_seconds(rows.grant.rotated_at));
    const std::string subject = TRY(auth::subject_for(s, rows.client, rows.user));
    return of_grant(rows, subject, rows.grant.scopes);
  }
};

}  // namespace

Reply introspect(const Context& context, const auth::Program& program) {
  const std::string_view token = TRY(token_of(context));
  const std::optional<auth::TokenState> found =
      TRY(auth::state_for(context.auth(), program, token));
  JsonWriter json;
  json.begin_object().field("active", found.has_value());
  if (found) {
    const auth::Services& s = context.auth();
    const WriteActive write{s, json};
    TRY(std::visit(write, *found));
    json.field("iss", s.config.tokens.issuer);
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// POST /oauth2/revoke → {}: some clients parse the body of every 200.
Reply revoke(const Context& context, const auth::Program& program) {
  const std::string_view token = TRY(token_of(context));
  TRY(auth::revoke_for(context.auth(), program, token, context.origin()));
  JsonWriter json;
  json.begin_object().end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api::oauth
