// Passkeys: signing in with one (auth/passkey/…), answering with one (auth/mfa/passkey/options,
// auth/reauthenticate/options), signing up with one (auth/signup/passkey/options,
// setup/passkey/options), making one with a link (auth/passkey/enroll, auth/passkey/recover), one's
// own (users/me/passkeys) and, for administrators, those of others. What pages get and send has the
// JSON form of Web Authentication Level 3 (section 5.1: parseCreationOptionsFromJSON(),
// parseRequestOptionsFromJSON(), toJSON()).
#include "auth/accounts/changes/passkeys.h"

#include "api/core/forms.h"
#include "api/core/guard.h"
#include "api/core/render.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/account/setup.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/mails.h"
#include "auth/signin/enrolment.h"
#include "auth/signin/passkey_login.h"
#include "base/encoding.h"
#include "base/text.h"

namespace authd::api {
namespace {

constexpr auto kTimeoutMs = static_cast<uint64_t>(auth::kPasskeyChallengeLife.count());

Result<std::string> passkey_in_path(const Context& context) {
  const auto hash = base64url_decode(context.request.param("passkey"));
  if (!hash) return Error{ErrorCode::not_found, "There is no such passkey."};
  return *hash;
}

void write_descriptors(JsonWriter& json, std::string_view name,
                       const std::vector<tables::Passkey>& passkeys) {
  json.key(name).begin_array();
  for (const tables::Passkey& passkey : passkeys) {
    json.begin_object().field("type", "public-key").field("id", base64url_encode(passkey.id));
    write_texts(json, "transports", passkey.transports);
    json.end_object();
  }
  json.end_array();
}

http::Reply question_reply(const auth::PasskeyQuestion& question) {
  JsonWriter json;
  json.begin_object()
      .field("challenge", base64url_encode(question.challenge))
      .field("rpId", question.rp_id)
      .field("timeout", kTimeoutMs)
      .field("userVerification", question.user_verification);
  write_descriptors(json, "allowCredentials", question.may_answer);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// What a person sees in the list of passkeys of their device.
std::string shown_name(const tables::User& user) {
  const std::string name = user.first_name + " " + user.last_name;
  return name == " " ? auth::account_name(user) : std::string(trimmed(name));
}

// The names of an account that does not exist yet.
tables::User user_to_be(const auth::NewAccount& account) {
  tables::User user;
  user.username = trimmed(account.username);
  user.email = trimmed(account.email);
  user.first_name = account.first_name;
  user.last_name = account.last_name;
  return user;
}

void write_creation(JsonWriter& json, const config::Config& config, const auth::PasskeyStart& start,
                    const tables::User& user) {
  const bool is_login = start.needed == auth::NeededPasskey::whole_login;
  const char* wish = is_login ? "required" : "preferred";
  json.begin_object();
  json.key("rp").begin_object();
  json.field("id", config.passkeys.rp_id).field("name", config.branding.name).end_object();
  json.key("user")
      .begin_object()
      .field("id", base64url_encode(start.user_handle))
      .field("name", auth::account_name(user))
      .field("displayName", shown_name(user))
      .end_object();
  json.field("challenge", base64url_encode(start.challenge)).field("timeout", kTimeoutMs);
  json.key("pubKeyCredParams").begin_array();
  for (const int64_t algorithm : start.algorithms)
    json.begin_object().field("type", "public-key").field("alg", algorithm).end_object();
  json.end_array();
  write_descriptors(json, "excludeCredentials", start.there_are);
  // "userVerification" is always said: where it is absent, some browsers protect the credential so
  // much that later logins cannot find it.
  json.key("authenticatorSelection")
      .begin_object()
      .field("residentKey", wish)
      .field("requireResidentKey", is_login)
      .field("userVerification", wish)
      .end_object();
  json.field("attestation", "none");
  json.key("extensions").begin_object().field("credProps", true).end_object();
  json.end_object();
}

http::Reply creation_reply(const Context& context, const auth::PasskeyStart& start,
                           const tables::User& user) {
  JsonWriter json;
  write_creation(json, context.auth().config, start, user);
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> list_of(const Context& context, const tables::User& user) {
  const std::vector<tables::Passkey> all = TRY(auth::list_passkeys(context.auth(), user.id));
  JsonWriter json;
  json.begin_object();
  // For signalAllAcceptedCredentials() (section 5.1.10): whose passkeys these are to the browser.
  json.field("rp_id", context.auth().config.passkeys.rp_id);
  text_or_null(json, "user_handle", base64url_encode(user.passkey_handle));
  json.key("passkeys").begin_array();
  for (const tables::Passkey& passkey : all)
    write_passkey(json, passkey);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// POST auth/passkey/options → 200, PublicKeyCredentialRequestOptionsJSON
Result<http::Reply> begin_passkey_login(const Context& context) {
  return question_reply(TRY(auth::begin_passkey_login(context.auth())));
}

// POST auth/passkey/verify {response} → 200, tokens
Result<http::Reply> log_in_by_passkey(const Context& context) {
  const JsonObject form = TRY(context.form());
  const auto response = auth::read_assertion_response(TRY(form.object("response")));
  if (!response) return auth::wrong_passkey();
  return login_reply(context,
                     TRY(auth::log_in_by_passkey(context.auth(), *response, context.origin())));
}

// POST auth/mfa/passkey/options {mfa_token} → 200, PublicKeyCredentialRequestOptionsJSON
Result<http::Reply> begin_passkey_factor(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("mfa_token"));
  return question_reply(TRY(auth::ask_for_second_factor(context.auth(), token)));
}

// POST auth/reauthenticate/options → 200, PublicKeyCredentialRequestOptionsJSON
Result<http::Reply> begin_passkey_proof(const Context& context, const auth::Person& person) {
  return question_reply(TRY(auth::ask_for_proof(context.auth(), person)));
}

// POST users/me/passkeys/options → 200, PublicKeyCredentialCreationOptionsJSON
Result<http::Reply> begin_passkey(const Context& context, const auth::Person& person) {
  return creation_reply(context, TRY(auth::begin_passkey(context.auth(), person)), person.user());
}

// POST users/me/passkeys {name, response} → 201
Result<http::Reply> add_my_passkey(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  TRY(form.string("name"));
  const auth::PasskeyAsked asked = TRY(made_passkey_of(form, "response", "name"));
  const auth::MadePasskey made =
      TRY(auth::add_passkey(context.auth(), person, asked, context.origin()));
  JsonWriter json;
  write_made_passkey(json, made);
  return http::Reply::json(201, std::move(json));
}

// GET users/me/passkeys → 200
Result<http::Reply> list_my_passkeys(const Context& context, const auth::Person& person) {
  return list_of(context, person.user());
}

// PATCH users/me/passkeys/:passkey {name} → 200
Result<http::Reply> rename_my_passkey(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const std::string name = TRY(form.string("name"));
  TRY(auth::rename_passkey(context.auth(), person, TRY(passkey_in_path(context)), name));
  return message_reply("Passkey renamed");
}

// DELETE users/me/passkeys/:passkey → 204
Result<http::Reply> remove_my_passkey(const Context& context, const auth::Person& person) {
  TRY(auth::remove_passkey(context.auth(), person, TRY(passkey_in_path(context)),
                           context.origin()));
  return http::Reply::no_content();
}

// GET admin/users/:id/passkeys → 200
Result<http::Reply> list_user_passkeys(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  return list_of(context, TRY(auth::view_account(context.auth(), id)).user);
}

// DELETE admin/users/:id/passkeys/:passkey → 204
Result<http::Reply> remove_user_passkey(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::remove_user_passkey(context.auth(), id, TRY(passkey_in_path(context)),
                                context.origin()));
  return http::Reply::no_content();
}

// POST auth/signup/passkey/options {username?, email?, …} → 200,
// PublicKeyCredentialCreationOptionsJSON
Result<http::Reply> begin_sign_up_by_passkey(const Context& context) {
  const auth::NewAccount account = TRY(invited_names_of(TRY(context.form())));
  return creation_reply(context,
                        TRY(auth::begin_sign_up(context.auth(), account, context.origin())),
                        user_to_be(account));
}

// POST setup/passkey/options {token, username?, email?, …} → 200, the same
Result<http::Reply> begin_set_up_by_passkey(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const auth::NewAccount account = TRY(names_of(form));
  return creation_reply(context,
                        TRY(auth::begin_set_up(context.auth(), token, account, context.origin())),
                        user_to_be(account));
}

// POST auth/passkey/enroll/options {token} → 200, the same
Result<http::Reply> begin_enrolment(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const auth::Enrolment begun = TRY(auth::begin_enrolment(context.auth(), token, context.origin()));
  return creation_reply(context, begun.start, begun.user);
}

// POST auth/passkey/enroll {token, name?, response} → 201, tokens or the steps left
Result<http::Reply> enroll(const Context& context) {
  const JsonObject form = TRY(context.form());
  const OneTimeSecret token = TRY(form.secret<OneTimeSecret>("token"));
  const auth::PasskeyAsked asked = TRY(made_passkey_of(form, "response", "name"));
  return login_reply(context, TRY(auth::enroll(context.auth(), token, asked, context.origin())),
                     201);
}

// POST auth/passkey/recover {login, code} → 200 {token, expires_in}
Result<http::Reply> recover_by_code(const Context& context) {
  const JsonObject form = TRY(context.form());
  const std::string login = TRY(login_of(form));
  const OneTimeSecret code = TRY(form.secret<OneTimeSecret>("code"));
  const auth::EnrollLink link =
      TRY(auth::recover_by_code(context.auth(), login, code, context.origin()));
  JsonWriter json;
  json.begin_object()
      .field("token", link.token.reveal())
      .field("expires_in", std::chrono::floor<Seconds>(auth::kRecoveryLife).count())
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// POST admin/users/:id/enroll-link {hours?} → 201 {url, token, expires_at}
Result<http::Reply> make_enroll_link(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  std::optional<int64_t> hours;
  if (!context.request.body.empty()) {
    const JsonObject form = TRY(context.form());
    hours = TRY(form.optional_integer("hours"));
  }
  const Milliseconds life = hours ? auth::enroll_link_life(*hours) : auth::kEnrollLinkLife;
  const auth::EnrollLink link =
      TRY(auth::make_enroll_link(context.auth(), id, life, context.origin()));
  JsonWriter json;
  write_enroll_link(json, link);
  return http::Reply::json(201, std::move(json));
}

// GET /.well-known/webauthn → 200 {"origins": […]} (section 5.11.1)
Result<http::Reply> show_related_origins(const Context& context) {
  const auth::RelyingParty party = TRY(auth::relying_party(context.auth().config));
  JsonWriter json;
  json.begin_object();
  write_texts(json, "origins", party.origins);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// GET /.well-known/passkey-endpoints → 200, where password managers send people
Result<http::Reply> show_passkey_pages(const Context& context) {
  TRY(auth::relying_party(context.auth().config));
  const std::string page = context.auth().config.public_url + "/account/security";
  JsonWriter json;
  json.begin_object().field("enroll", page).field("manage", page).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
