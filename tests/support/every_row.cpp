#include "support/every_row.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/factors/authenticator_app.h"
#include "auth/core/audit/audit_follow.h"
#include "auth/core/lifetime.h"
#include "auth/core/logout_notices.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/server_mac.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/token_names.h"
#include "auth/webhooks/webhooks.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/erasure.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/revocations.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::test {
namespace {

using std::chrono::hours;

tables::User ben(Time now) {
  tables::User user;
  user.username = "Ben";
  user.email = "Ben@example.org";
  user.email_verified = true;
  user.password_hash = "$argon2id$v=19$m=64,t=1,p=1$bm90IGEgcGFzc3dvcmQ$bm90IGEgaGFzaA";
  user.first_name = "Benjamin";
  user.last_name = "Beispiel";
  user.phone_number = "+4930123456";
  user.avatar_version = "0123456789abcdef";
  user.role_ids = {1, 2};
  user.created_at = now;
  user.updated_at = now;
  user.last_activity = now;
  user.password_changed_at = now;
  user.password_leaked_at = now;
  user.password_proved_at = now;
  user.mfa_enabled = true;
  user.way_epochs = {1};
  user.api_keys = {1};
  user.role_grants = 1;
  user.role_since = {0, 1};
  user.subject = "8e5b0c11-2d4f-4a97-b3c6-70f19e24d5ab";
  user.passkey_handle = std::string(32, 'h');
  user.passkeys = 1;
  user.security_keys = 1;
  user.locale = "pt-BR";
  user.terms_version = "2026-11";
  user.terms_accepted_at = now;
  user.must_change_password = true;
  user.devices_since = now;
  return user;
}

tables::Passkey passkey_of(const tables::User& user, Time now) {
  tables::Passkey passkey;
  passkey.user = user.id;
  passkey.id = std::string(16, 'p');
  passkey.id_hash = crypto::sha256(passkey.id);
  passkey.public_key = "a COSE key";
  passkey.algorithm = "ES256";
  passkey.sign_count = 7;
  passkey.backup_eligible = true;
  passkey.backed_up = true;
  passkey.uv_initialized = true;
  passkey.is_discoverable = true;
  passkey.transports = {"internal", "hybrid"};
  passkey.aaguid = std::string(16, 'a');
  passkey.rp_id = "example.org";
  passkey.name = "phone";
  passkey.created_at = now;
  passkey.last_used = now;
  return passkey;
}

void put_owned(Instance& t, store::WriteTxn& tx, const tables::User& user, Time now) {
  tables::avatars.put(tx, tables::big_endian(user.id.value),
                      {"\xff\xd8\xff not quite a picture \xff\xd9", user.avatar_version, now, {}});
  tables::AttributeRow age;
  age.name = "age";
  age.kind = tables::AttributeKind::number;
  age.text = "-7";
  tables::AttributeRow teams;
  teams.name = "teams";
  teams.kind = tables::AttributeKind::texts;
  teams.texts = {"red", "blue"};
  tables::user_attributes.put(tx,
                              {user.id, {tables::encode_row(age), tables::encode_row(teams)}, {}});
  tables::Session session;
  session.id = std::string(16, 's');
  session.user = user.id;
  session.generation = 3;
  session.created_at = now;
  session.rotated_at = now;
  session.expires_at = now + hours(24 * 30);
  session.auth_time = now;
  session.amr = {"pwd", "otp"};
  session.scope = "account";
  session.address = "192.0.2.7";
  session.user_agent = "a browser";
  session.client = "fastapi";
  session.idle_ms = 3600'000;
  session.kind = tables::SessionKind::tokens;
  tables::insert_session(tx, session);
  tables::Factors factors;
  factors.user = user.id;
  factors.totp = t.master_key.seal("twenty secret bytes!", auth::totp_context(user.id), t.random);
  factors.totp_candidate =
      t.master_key.seal("twenty other bytes!!", auth::totp_context(user.id), t.random);
  factors.totp_last_step = 59'000'000;
  factors.recovery_macs = {std::string(32, 'r'), std::string(32, 'R')};
  factors.totp_since = now;
  factors.recovery_since = now;
  factors.passkey_epoch = 1;
  tables::factors.put(tx, tables::big_endian(user.id.value), factors);
  tables::Passkey passkey = passkey_of(user, now);
  tables::passkeys.insert(tx, passkey);
  passkey.id = std::string(16, 'k');
  passkey.id_hash = crypto::sha256(passkey.id);
  passkey.uv_initialized = false;
  tables::passkeys.insert(tx, passkey);
  tables::Identity identity{
      "google", "https://accounts.example", "1234567890", user.id, "ben@gmail.test", now, now, 0,
      {}};
  tables::put_identity(tx, identity);
  tables::ApiKey key;
  key.user = user.id;
  key.number = tables::next_number(tx, "api_key");
  key.name = "backup";
  key.hash = crypto::sha256("the text of the key");
  key.scopes = {"verify", "app:files"};
  key.created_at = now;
  key.expires_at = now + hours(24 * 365);
  key.last_used = now;
  key.way_epoch = 1;
  key.role_grants = 1;
  tables::api_keys.insert(tx, key);
  tables::Device device;
  device.user = user.id;
  device.id = "device-1";
  device.user_agent = "a browser";
  device.address = "192.0.2.7";
  device.created_at = now;
  device.seen_at = now;
  device.trusted_until = now + hours(24 * 30);
  device.device_epoch = 1;
  device.trust_epoch = 1;
  device.expires_at = now + hours(24 * 90);
  tables::devices.insert(tx, device);
  tables::ended_ways.put(tx, tables::big_endian(user.id.value), {1, {}});
}

void put_pending(store::WriteTxn& tx, const tables::User& user, Time now) {
  tables::OneTimeToken token;
  token.id = crypto::sha256("a token");
  token.purpose = tables::Purpose::magic_link;
  token.user = user.id;
  token.email = user.email;
  token.binding = crypto::sha256("a cookie");
  token.session = std::string(16, 's');
  token.created_at = now;
  token.expires_at = now + hours(1);
  token.is_used = true;
  tables::one_time_tokens.insert(tx, token);
  tables::LoginCode code;
  code.user = user.id;
  code.mac = std::string(32, 'c');
  code.tries = 1;
  code.sent_at = now;
  code.expires_at = now + hours(1);
  code.seed = std::string(16, 'd');
  code.made_at = now;
  tables::login_codes.insert(tx, crypto::sha256(tables::fold(user.email)), code);
  tables::Challenge challenge;
  challenge.id = crypto::sha256("a challenge");
  challenge.user = user.id;
  challenge.amr = {"pwd"};
  challenge.mac = std::string(32, 'm');
  challenge.tries = 1;
  challenge.expires_at = now + hours(1);
  challenge.link_provider = "google";
  challenge.link_issuer = "https://accounts.example";
  challenge.link_subject = "1234567890";
  challenge.link_email = "ben@gmail.test";
  challenge.awaits_steps = true;
  challenge.remembers = true;
  tables::challenges.insert(tx, challenge);
  tables::Journey login;
  login.id = crypto::sha256("a state");
  login.provider = "google";
  login.binding = crypto::sha256("another cookie");
  login.user = user.id;
  login.session = std::string(16, 's');
  login.created_at = now;
  login.expires_at = now + hours(1);
  login.redirect_path = "/login/callback";
  login.return_to = "https://app.example.org/inbox";
  login.page = "/signin";
  login.is_over = true;
  tables::journeys.insert(tx, login);
  tables::used_challenges.insert(tx, crypto::sha256("a passkey's challenge"), {now + hours(1), {}});
  tables::insert_revoked_token(tx, {"a-token-id", now + hours(1), {}});
  tables::kept_usernames.insert(tx, "anna", {user.id, now + hours(24 * 180), {}});
  tables::Invitation invitation;
  invitation.id = crypto::sha256("an invitation");
  invitation.email = "ben@example.org";
  invitation.is_mailed = true;
  invitation.roles = {"editor"};
  invitation.uses = 1;
  invitation.used = 1;
  invitation.invited_by = user.id;
  invitation.created_at = now;
  invitation.expires_at = now + hours(24 * 7);
  tables::invitations.insert(tx, invitation);
  tables::Attempts attempts;
  attempts.failures = 9;
  attempts.blocked_until = now + hours(1);
  attempts.expires_at = now + hours(24);
  tables::attempts.insert(tx, "p" + std::string(16, 'l'), attempts);
}

void put_of_server(Instance& t, store::WriteTxn& tx, const tables::User& user, Time now) {
  for (const bool is_dead : {false, true}) {
    tables::Mail mail;
    mail.id = std::string(16, is_dead ? 'M' : 'm');
    mail.kind = is_dead ? tables::MailKind::test : tables::MailKind::magic_link;
    mail.to = user.email;
    mail.name = user.username;
    mail.sealed = t.master_key.seal("a token", auth::mail_context(mail), t.random);
    mail.detail = "192.0.2.7";
    mail.created_at = now;
    mail.due_at = now;
    mail.attempts = 2;
    mail.last_error = "451 try later";
    mail.dead = is_dead;
    mail.client = "fastapi";
    mail.account = "ben";
    mail.locale = "de";
    tables::insert_mail(tx, mail);
  }
  tables::User gone = user;
  gone.id = UserId{tables::next_number(tx, auth::kUserCounter)};
  gone.username = "gone";
  gone.email.clear();
  gone.phone_number.clear();
  gone.passkey_handle.clear();
  gone.subject = "c04d7f2e-61b8-4e35-8a19-5f3b92d06c77";
  tables::put_user(tx, gone);
  tables::mark_erased(tx, gone, now);
  tables::settings.put(tx, "issuer", {"https://auth.example.org", {}});
  tables::import_lanes.put(tx, crypto::sha256("a file") + '\1', {3, 44, 1, {}});
  tables::job_runs.put(tx, "backup", {now, 1234, now, 7, 1, "", {}});
  tables::DayCounts counts;
  counts.day = 20'833;
  counts.writer = "server";
  counts.counts = {3, 200, 41};
  counts.levels = {120, 30};
  counts.expires_at = now + hours(24 * 400);
  tables::day_counts.insert(tx, counts);
}

tables::Client client_with_every_member(Time now) {
  tables::Client client;
  client.id = "a-client";
  client.name = "A service";
  client.secret_hash = crypto::sha256("its secret");
  client.created_at = now;
  client.redirect_uris = {"https://app.example.org/callback"};
  client.post_logout_redirect_uris = {"https://app.example.org/"};
  client.grant_types = {"authorization_code", "refresh_token"};
  client.auth_method = "client_secret_basic";
  client.pkce_optional = true;
  client.scopes = {"openid", "email"};
  client.roles = {"user"};
  client.skips_consent = true;
  client.description = "Where the photos are.";
  client.client_uri = "https://app.example.org/about";
  client.policy_uri = "https://app.example.org/privacy";
  client.tos_uri = "https://app.example.org/terms";
  client.id_token_algorithm = "ES256";
  client.id_token_claims = true;
  client.access_ttl_ms = 300'000;
  client.refresh_ttl_ms = 86'400'000;
  client.always_refresh = true;
  client.required_acr = "mfa";
  client.max_age_ms = 3'600'000;
  client.networks = {"192.0.2.0/24"};
  client.groups = {"photo-*"};
  client.group_names = {"user=Users"};
  client.group_separator = ",";
  client.resources = {"https://api.example.org"};
  client.audiences = {"https://api.example.org"};
  client.configured = true;
  client.logo_version = "89abcdef01234567";
  client.backchannel_logout_uri = "https://app.example.org/backchannel-logout";
  client.jwks = R"({"keys":[{"kty":"EC","crv":"P-256",)"
                R"("x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
                R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]})";
  client.jwks_uri = "https://app.example.org/jwks.json";
  client.requires_par = true;
  client.requires_jar = true;
  client.requires_dpop = true;
  client.is_pairwise = true;
  client.sector_identifier_uri = "https://app.example.org/sector.json";
  client.userinfo_algorithm = "ES256";
  client.is_fapi = true;
  client.federated_identities = {"https://ci.example.org repo:app"};
  client.origin = "registered";
  client.registration_hash = crypto::sha256("its registration access token");
  client.document_at = now;
  client.initiate_login_uri = "https://app.example.org/login";
  client.is_replica = true;
  client.updated_at = now;
  client.last_used = now;
  client.secrets = {tables::encode_row(tables::ClientSecretRow{
      "0a1b2c3d4e5f", crypto::sha256("its new secret"), now, now + hours(24 * 90), {}})};
  return client;
}

void put_of_provider(store::WriteTxn& tx, const tables::User& user, Time now) {
  const tables::Client client = client_with_every_member(now);
  auth::note_receiver(tx, client);
  tables::clients.put(tx, client);
  tables::client_logos.put(
      tx, client.id, {"\xff\xd8\xff not quite a logo \xff\xd9", client.logo_version, now, {}});
  tables::Client service;
  service.id = "a-resource-server";
  service.name = "Asks about tokens";
  service.secret_hash = crypto::sha256("another secret");
  service.created_at = now;
  tables::clients.put(tx, service);
  tables::resources.put(tx,
                        {"https://api.example.org", "The API", {"photos:read"}, 60'000, now, {}});
  tables::consents.put(
      tx, {user.id, client.id, {"openid", "email"}, {"https://api.example.org"}, now, now, {}});
  tables::Grant grant;
  grant.id = std::string(16, 'g');
  grant.user = user.id;
  grant.client = client.id;
  grant.session = std::string(16, 's');
  grant.epoch = 1;
  grant.scopes = {"openid", "email"};
  grant.resources = {"https://api.example.org"};
  grant.claims = R"({"userinfo":{"name":null}})";
  grant.created_at = now;
  grant.auth_time = now;
  grant.amr = {"pwd", "otp"};
  grant.generation = 2;
  grant.rotated_at = now;
  grant.rotated_by = std::string(16, 'b');
  grant.expires_at = now + hours(24);
  grant.is_open = true;
  grant.dpop_jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
  tables::grants.put(tx, grant);
  tables::AuthorizationCode code;
  code.id = crypto::sha256("a code");
  code.grant = grant.id;
  code.client = client.id;
  code.redirect_uri = client.redirect_uris.front();
  code.named_redirect_uri = true;
  code.code_challenge = std::string(43, 'c');
  code.nonce = "a nonce";
  code.issued_at = now;
  code.used_at = now;
  code.expires_at = now + hours(1);
  code.dpop_jkt = grant.dpop_jkt;
  tables::grant_codes.put(tx, code);
  tables::pushed_requests.put(tx, {crypto::sha256("a request_uri"),
                                   client.id,
                                   "response_type=code&scope=openid",
                                   grant.dpop_jkt,
                                   now,
                                   now + hours(1),
                                   {}});
  tables::registration_tokens.put(
      tx, {crypto::sha256("a registration token"), "for the build", 3, now, now + hours(1), {}});
}

void put_of_logouts(store::WriteTxn& tx, Time now) {
  tables::LogoutNotice notice;
  notice.user = UserId{7};
  notice.session = std::string(16, 's');
  notice.id = tables::big_endian(notice.user.value) + std::string(8, 's');
  tables::logout_notices.put(tx, notice);
  tables::LogoutDelivery delivery;
  delivery.client = "a-client";
  delivery.subject = "0b8a6c1e-5d2f-4a37-9c48-7e1f0d93b264";
  delivery.sid = base64url_encode(std::string(16, 'g'));
  delivery.id = auth::logout_prefix(delivery.client) + tables::big_endian(now).substr(2) +
                crypto::sha256(std::string(16, 'g')).substr(0, 6);
  delivery.created_at = now;
  delivery.due_at = now + hours(1);
  delivery.attempts = 3;
  delivery.last_error = "HTTP 503";
  delivery.expires_at = now + auth::kKeepDead;
  tables::logout_deliveries.insert(tx, delivery);
}

void put_of_webhooks(Instance& t, store::WriteTxn& tx, Time now) {
  tables::Webhook webhook;
  webhook.id = std::string(8, 'w');
  webhook.url = "https://app.example.org/events";
  webhook.description = "for the build";
  webhook.types = {"login.*", "user.created"};
  webhook.sealed_secret =
      t.master_key.seal(std::string(32, 's'), auth::webhook_context(webhook), t.random);
  webhook.sealed_former =
      t.master_key.seal(std::string(32, 'f'), auth::webhook_context(webhook), t.random);
  webhook.former_until = now + hours(24);
  webhook.after = auth::text_of_place({{{"server", 7}}, 7});
  webhook.created_at = now;
  webhook.disabled_at = now;
  webhook.end = tables::WebhookEnd::failures;
  webhook.failing_since = now - hours(120);
  webhook.failures = 40;
  webhook.held_until = now + hours(1);
  webhook.answered_at = now;
  webhook.answer = "HTTP 503";
  webhook.tested_at = now;
  webhook.test_answer = "HTTP 204";
  tables::webhooks.put(tx, webhook);
  tables::webhook_cursors.put(tx, auth::kWebhookCursor,
                              {webhook.after, {webhook.id}, 3, {webhook.id}, {}});
  tables::WebhookDelivery delivery;
  delivery.id = webhook.id + tables::big_endian(8);
  delivery.created_at = now;
  delivery.due_at = now + hours(1);
  delivery.attempts = 3;
  delivery.last_error = "HTTP 503";
  tables::webhook_deliveries.insert(tx, delivery);
}

void put_of_devices(store::WriteTxn& tx, const tables::User& user, Time now) {
  tables::DeviceGrant device;
  device.id = crypto::sha256("a device code");
  device.user_code = "WDJBMJHT";
  device.client = "a-client";
  device.scopes = {"openid", "offline_access"};
  device.resources = {"https://api.example.org"};
  device.state = tables::DeviceGrantState::allowed;
  device.user = user.id;
  device.grant = std::string(16, 'g');
  device.interval_ms = 10'000;
  device.polled_at = now;
  device.address = "192.0.2.7";
  device.created_at = now;
  device.expires_at = now + hours(1);
  tables::device_grants.insert(tx, device);
}

}  // namespace

UserId put_every_row(Instance& t) {
  const Time now = t.clock.now();
  tables::User user = ben(now);
  must(t.store
           .write([&](store::WriteTxn& tx) -> Result<void> {
             user.id = UserId{tables::next_number(tx, auth::kUserCounter)};
             tables::put_user(tx, user);
             put_owned(t, tx, user, now);
             return {};
           })
           .has_value());
  must(t.store
           .write([&](store::WriteTxn& tx) -> Result<void> {
             put_pending(tx, user, now);
             put_of_server(t, tx, user, now);
             put_of_provider(tx, user, now);
             return {};
           })
           .has_value());
  must(t.store
           .write([&](store::WriteTxn& tx) -> Result<void> {
             put_of_devices(tx, user, now);
             put_of_logouts(tx, now);
             put_of_webhooks(t, tx, now);
             return {};
           })
           .has_value());
  return user.id;
}

}  // namespace authd::test
