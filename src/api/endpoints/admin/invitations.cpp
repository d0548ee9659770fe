// Invitations: /api/v1/admin/invitations, and what their links show: /api/v1/auth/invitation
#include "auth/accounts/account/invitations.h"

#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "config/reading/values.h"

namespace authd::api {

namespace {

// Each takes a commit, as in POST admin/users/bulk.
constexpr size_t kMaxList = 100;

// The members that an invitation for one and a list of them share.
Result<auth::NewInvitation> wanted_of(const JsonObject& form) {
  auth::NewInvitation wanted;
  wanted.roles = TRY(form.optional_strings("roles")).value_or(std::vector<std::string>{});
  if (const auto life = TRY(form.optional_string("expires_in"))) {
    const Result<Milliseconds> parsed = config::parse_duration(*life);
    if (!parsed) return Error{ErrorCode::invalid, parsed.error().message, "expires_in"};
    wanted.life = *parsed;
  }
  wanted.sends_mail = TRY(form.optional_boolean("send_mail")).value_or(false);
  return wanted;
}

}  // namespace

// POST admin/invitations {email?, roles?, uses?, expires_in?, send_mail?} → 201 with "url", which
// is null if the link was mailed
Result<http::Reply> add_invitation(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::NewInvitation wanted = TRY(wanted_of(form));
  wanted.email = TRY(form.optional_string("email")).value_or("");
  const int64_t uses = TRY(form.optional_integer("uses")).value_or(1);
  wanted.uses = uses < 0 ? 0 : static_cast<uint64_t>(uses);
  const auth::MadeInvitation made = TRY(auth::invite(context.auth(), wanted, context.origin()));
  JsonWriter json;
  write_made_invitation(json, made);
  return http::Reply::json(201, std::move(json));
}

// POST admin/invitations/bulk {emails, roles?, expires_in?, send_mail?, dry_run?}
//   → {dry_run, invited, unchanged, refused, results: [{email, outcome, id, url, error, message}]}
Result<http::Reply> add_invitations(const Context& context) {
  const JsonObject form = TRY(context.form());
  auth::NewInvitation wanted = TRY(wanted_of(form));
  const auto emails = TRY(form.optional_strings("emails")).value_or(std::vector<std::string>{});
  if (emails.empty() || emails.size() > kMaxList) {
    return Error{ErrorCode::invalid, "\"emails\" must be 1 to 100 addresses.", "emails"};
  }
  const bool is_dry_run = TRY(form.optional_boolean("dry_run")).value_or(false);
  const auth::Origin origin = context.origin();
  TRY(auth::check_shared(context.auth(), wanted, origin));
  auto list = TRY(auth::InvitationList::begin(context.auth(), origin, is_dry_run));
  std::vector<auth::InvitationOutcome> outcomes;
  for (const std::string& email : emails) {
    wanted.email = email;
    outcomes.push_back(list.invite(wanted));
  }
  JsonWriter json;
  write_invitation_list(json, is_dry_run, outcomes);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> list_invitations(const Context& context) {
  JsonWriter json;
  write_list(json, "invitations", TRY(auth::list_invitations(context.auth())), &write_invitation);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> revoke_invitation(const Context& context) {
  TRY(auth::revoke_invitation(context.auth(), context.request.param("id"), context.origin()));
  return http::Reply::no_content();
}

// POST auth/invitation {token} → 200 {"email", "expires_at"}: changes nothing
Result<http::Reply> show_invitation(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const tables::Invitation row =
      TRY(auth::look_at_invitation(context.auth(), token, context.origin()));
  JsonWriter json;
  json.begin_object();
  text_or_null(json, "email", row.email);
  time_or_null(json, "expires_at", row.expires_at);
  json.field("proves_email", row.is_mailed).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
