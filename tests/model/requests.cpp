// Steps as requests.
#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/totp.h"
#include "model/server.h"

namespace authd::model {
namespace {

using enum http::Method;

std::string text_of(const std::map<int, std::string>& texts, int name) {
  const auto found = texts.find(name);
  return found == texts.end() ? "" : found->second;
}

std::string password_text(int password) {
  return "correct horse battery " + std::to_string(password);
}

std::string email_of(int user) {
  return "user" + std::to_string(user) + "@example.org";
}

std::string login_of(const Step& step) {
  return step.flag ? email_of(step.user) : "user" + std::to_string(step.user);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

HttpRequest post_to(std::string path, const Fields& fields, int address) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : fields)
    json.field(name, value);
  json.end_object();
  return {post, "/api/v1/" + path, {{"Content-Type", "application/json"}}, json.take(), address};
}

HttpRequest form_to(std::string path, const std::string& token, const std::string& client) {
  return {post,
          std::move(path),
          {{"Content-Type", "application/x-www-form-urlencoded"}, {"Authorization", client}},
          "token=" + token,
          0};
}

}  // namespace

// A code that is also that of a nearby moment would be right where the model says it is wrong.
std::optional<std::string> Server::totp(const Code& code) const {
  const auto found = secrets_.find(code.source);
  if (found == secrets_.end()) return std::nullopt;
  const SecretKey secret(found->second);
  const uint64_t now = crypto::totp_step(clock_.now());
  const std::string text = crypto::totp_code(secret, now + static_cast<uint64_t>(code.variant));
  for (int other = -4; other <= 4; ++other) {
    const auto step = now + static_cast<uint64_t>(other);
    if (other != code.variant && crypto::totp_code(secret, step) == text) return std::nullopt;
  }
  return text;
}

std::optional<std::string> Server::factor(const Code& code) const {
  switch (code.kind) {
    case Code::Kind::none: return "";
    case Code::Kind::wrong: return "wrong!";
    case Code::Kind::totp: return totp(code);
    case Code::Kind::secret: return "";
    case Code::Kind::recovery: break;
  }
  const auto found = recovery_.find(code.source);
  if (found == recovery_.end()) return std::nullopt;
  return found->second.at(static_cast<size_t>(code.variant) % found->second.size());
}

std::optional<HttpRequest> Server::request_of_login(const Step& step) {
  const std::optional<std::string> code = factor(step.code);
  if (!code) return std::nullopt;
  const std::string password = password_text(step.password);
  switch (step.op) {
    case Op::sign_up:
      return post_to("auth/signup",
                     {{"username", "user" + std::to_string(step.user)},
                      {"email", email_of(step.user)},
                      {"password", password}},
                     step.address);
    case Op::log_in:
    case Op::sign_in_browser: {
      Fields fields = {{"login", login_of(step)}, {"password", password}};
      if (!code->empty()) fields.emplace_back("mfa_code", *code);
      HttpRequest request = post_to("auth/login", fields, step.address);
      if (step.op == Op::sign_in_browser) {
        request.headers.emplace_back("X-Authd-Session", "cookie");
      }
      return request;
    }
    case Op::basic_login:
      return HttpRequest{
          get,
          "/auth/verify",
          {{"Authorization", "Basic " + base64_encode(login_of(step) + ":" + password)}},
          "",
          step.address};
    default: {
      const std::string token = text_of(challenges_, step.subject);
      if (token.empty()) return std::nullopt;
      return post_to("auth/mfa", {{"mfa_token", token}, {"code", *code}}, step.address);
    }
  }
}

std::optional<HttpRequest> Server::request_by_token(const Step& step) {
  const std::string token = text_of(accesses_, step.subject);
  const std::optional<std::string> code = factor(step.code);
  if (token.empty() || !code) return std::nullopt;
  HttpRequest request{get, "", {}, "", step.address};
  const auto posts = [&](std::string path, const Fields& fields) {
    request = post_to(std::move(path), fields, step.address);
  };
  switch (step.op) {
    case Op::introspect_access: return form_to("/oauth2/introspect", token, client_);
    case Op::revoke_access: return form_to("/oauth2/revoke", token, client_);
    case Op::log_out_bearer: request = {post, "/api/v1/auth/logout", {}, "", step.address}; break;
    case Op::log_out_all: posts("auth/logout/all", {}); break;
    case Op::list_sessions: request.path = "/api/v1/users/me/sessions"; break;
    case Op::end_session:
      request.method = del;
      request.path = "/api/v1/users/me/sessions/" + text_of(sessions_, step.object);
      if (!sessions_.contains(step.object)) return std::nullopt;
      break;
    case Op::show_me: request.path = "/api/v1/users/me"; break;
    case Op::verify: request.path = "/auth/verify"; break;
    case Op::try_admin: request.path = "/api/v1/admin/settings"; break;
    case Op::reauthenticate:
      if (code->empty())
        posts("auth/reauthenticate", {{"password", password_text(step.password)}});
      else
        posts("auth/reauthenticate", {{"code", *code}});
      break;
    case Op::change_password:
      posts("auth/password/change", {{"current_password", password_text(step.password)},
                                     {"new_password", password_text(step.new_password)}});
      break;
    case Op::begin_totp: posts("users/me/mfa/totp", {}); break;
    case Op::confirm_totp: posts("users/me/mfa/totp/confirm", {{"code", *code}}); break;
    case Op::remove_totp: request.method = del, request.path = "/api/v1/users/me/mfa/totp"; break;
    case Op::renew_codes: posts("users/me/mfa/recovery-codes", {}); break;
    case Op::add_key:
      posts("users/me/api-keys", {});
      request.body = "{\"name\":\"k\",\"scopes\":[\"" +
                     std::string(step.flag ? "verify" : "profile:read") +
                     "\"],\"expires_in\":" + std::to_string(step.seconds) + "}";
      break;
    case Op::revoke_key:
      request.method = del;
      request.path = "/api/v1/users/me/api-keys/" + text_of(key_ids_, step.object);
      if (!key_ids_.contains(step.object)) return std::nullopt;
      break;
    case Op::list_grants: request.path = "/api/v1/users/me/grants"; break;
    case Op::end_grant:
      request.method = del;
      request.path = "/api/v1/users/me/grants/" + text_of(grant_ids_, step.object);
      if (!grant_ids_.contains(step.object)) return std::nullopt;
      break;
    case Op::list_consents: request.path = "/api/v1/users/me/consents"; break;
    case Op::withdraw_consent:
      request.method = del;
      request.path = "/api/v1/users/me/consents/" + text_of(clients_, step.object);
      if (!clients_.contains(step.object)) return std::nullopt;
      break;
    default: request.method = del, request.path = "/api/v1/users/me"; break;
  }
  request.headers.emplace_back("Authorization", "Bearer " + token);
  return request;
}

std::optional<HttpRequest> Server::request_by_admin(const Step& step) {
  log_admin_in();
  HttpRequest request{
      post, "/api/v1/admin/keys/rotate", {{"Authorization", "Bearer " + admin_}}, "", 0};
  if (step.op == Op::rotate_keys) return request;
  if (!accounts_.contains(step.subject)) return std::nullopt;
  request.path = "/api/v1/admin/users/" + accounts_.at(step.subject);
  switch (step.op) {
    case Op::admin_disable: request.path += "/disable"; break;
    case Op::admin_enable: request.path += "/enable"; break;
    case Op::admin_delete: request.method = del; break;
    case Op::admin_log_out: request.path += "/logout"; break;
    case Op::admin_reset_factors: request.path += "/mfa/reset"; break;
    case Op::admin_unlock: request.path += "/unlock"; break;
    case Op::admin_grant: request.method = put, request.path += "/roles/admin"; break;
    default: request.method = del, request.path += "/roles/admin"; break;
  }
  return request;
}

// With something that was mailed, or with a key.
std::optional<HttpRequest> Server::request_with_proof(const Step& step) {
  const std::string email = email_of(step.user);
  switch (step.op) {
    case Op::forgot_password:
      return post_to("auth/password/forgot", {{"login", login_of(step)}}, step.address);
    case Op::resend_verification:
      return post_to("auth/email/resend", {{"email", email}}, step.address);
    case Op::send_link: return post_to("auth/magic-link", {{"email", email}}, step.address);
    case Op::send_code: return post_to("auth/otp/send", {{"email", email}}, step.address);
    case Op::use_code: {
      const std::string code = step.object < 0 ? "wrong!" : text_of(codes_, step.object);
      if (code.empty()) return std::nullopt;
      return post_to("auth/otp/verify", {{"email", email}, {"code", code}}, step.address);
    }
    case Op::verify_key:
    case Op::show_me_by_key: {
      const std::string key = text_of(keys_, step.subject);
      if (key.empty()) return std::nullopt;
      const char* path = step.op == Op::verify_key ? "/auth/verify" : "/api/v1/users/me";
      return HttpRequest{get, path, {{"X-API-Key", key}}, "", step.address};
    }
    default: break;
  }
  const std::string token = text_of(links_, step.subject);
  if (token.empty()) return std::nullopt;
  if (step.op == Op::verify_email) {
    if (!step.flag) return post_to("auth/email/verify", {{"token", token}}, step.address);
    return post_to("auth/email/verify",
                   {{"token", token}, {"password", password_text(step.password)}}, step.address);
  }
  if (step.op == Op::reset_password) {
    return post_to("auth/password/reset",
                   {{"token", token}, {"new_password", password_text(step.new_password)}},
                   step.address);
  }
  // Another browser has its own binding.
  const std::string binding = step.flag ? text_of(bindings_, step.subject) : std::string(43, 'A');
  return post_to("auth/magic-link/verify", {{"token", token}, {"binding", binding}}, step.address);
}

std::optional<HttpRequest> Server::request_of(const Step& step) {
  switch (step.op) {
    case Op::sign_up:
    case Op::log_in:
    case Op::sign_in_browser:
    case Op::basic_login:
    case Op::answer_challenge: return request_of_login(step);
    case Op::refresh_forged:
      return post_to("auth/refresh", {{"refresh_token", std::string(75, 'x')}}, step.address);
    case Op::refresh:
    case Op::log_out:
    case Op::introspect_refresh:
    case Op::revoke_refresh: {
      const std::string token = text_of(refreshes_, step.subject);
      if (token.empty()) return std::nullopt;
      if (step.op == Op::introspect_refresh) return form_to("/oauth2/introspect", token, client_);
      if (step.op == Op::revoke_refresh) return form_to("/oauth2/revoke", token, client_);
      return post_to(step.op == Op::refresh ? "auth/refresh" : "auth/logout",
                     {{"refresh_token", token}}, step.address);
    }
    default: break;
  }
  if (step.op >= Op::log_out_bearer && step.op <= Op::delete_me) return request_by_token(step);
  if (step.op >= Op::admin_disable && step.op <= Op::rotate_keys) return request_by_admin(step);
  if (step.op >= Op::sign_out_browser && step.op <= Op::go_on) return request_by_browser(step);
  if (step.op >= Op::exchange_code && step.op <= Op::ask_userinfo) return request_by_client(step);
  if (step.op >= Op::add_client && step.op <= Op::revoke_secret) return request_about_client(step);
  return request_with_proof(step);
}

}  // namespace authd::model
