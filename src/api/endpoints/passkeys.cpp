// Passkeys: signing in with one (auth/passkey/…), answering with one (auth/mfa/passkey/options,
// auth/reauthenticate/options), one's own (users/me/passkeys) and, for administrators, those of
// others. What pages get and send has the JSON form of Web Authentication Level 3 (section 5.1:
// parseCreationOptionsFromJSON(), parseRequestOptionsFromJSON(), toJSON()).
#include "auth/accounts/passkeys.h"

#include "api/core/forms.h"
#include "api/core/guard.h"
#include "api/core/render.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/relying_party.h"
#include "auth/core/mails.h"
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

void write_creation(JsonWriter& json, const config::Config& config, const std::string& rp_id,
                    const auth::PasskeyStart& start, const tables::User& user) {
  json.begin_object();
  json.key("rp").begin_object();
  json.field("id", rp_id).field("name", config.branding.name).end_object();
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
      .field("residentKey", "preferred")
      .field("requireResidentKey", false)
      .field("userVerification", "preferred")
      .end_object();
  json.field("attestation", "none");
  json.key("extensions").begin_object().field("credProps", true).end_object();
  json.end_object();
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
  const auth::RelyingParty party = TRY(auth::relying_party(context.auth().config));
  const auth::PasskeyStart start = TRY(auth::begin_passkey(context.auth(), person));
  JsonWriter json;
  write_creation(json, context.auth().config, party.id, start, person.user());
  return http::Reply::json(200, std::move(json));
}

// POST users/me/passkeys {name, response} → 201
Result<http::Reply> add_my_passkey(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const std::string name = TRY(form.string("name"));
  const auto response = auth::read_registration_response(TRY(form.object("response")));
  if (!response) return auth::passkey_not_accepted();
  const auth::RelyingParty party = TRY(auth::relying_party(context.auth().config));
  const tables::Passkey made =
      TRY(auth::add_passkey(context.auth(), person, party, *response, name, context.origin()));
  JsonWriter json;
  write_passkey(json, made);
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
