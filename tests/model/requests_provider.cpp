// The provider: steps as requests, and what there is to see in the replies.
#include "base/encoding.h"
#include "crypto/digest.h"
#include "model/server.h"
#include "support/instance.h"

namespace authd::model {
namespace {

using enum http::Method;
using test::must;

constexpr const char* kRedirect = "https://app.example/callback";

std::string text_of(const std::map<int, std::string>& texts, int name) {
  const auto found = texts.find(name);
  return found == texts.end() ? "" : found->second;
}

std::string verifier_of(int name) {
  return base64url_encode(crypto::sha256("verifier " + std::to_string(name)));
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string form;
  for (const auto& [name, value] : fields)
    form += (form.empty() ? "" : "&") + name + "=" + percent_encode(value);
  return form;
}

// The value of a parameter in an address; empty: it is not there.
std::string parameter_of(const std::string& address, const std::string& name) {
  const size_t at = address.find(name + "=");
  if (at == std::string::npos || (address[at - 1] != '?' && address[at - 1] != '&')) return "";
  const size_t begin = at + name.size() + 1;
  return address.substr(begin, address.find('&', begin) - begin);
}

// Wrong secrets are counted by address: each comes from another one.
int own_address(const Step& step) {
  return 256 + step.name % 60'000;
}

HttpRequest admin_request(http::Method method, std::string path, std::string body) {
  HttpRequest request{method, "/api/v1/admin/clients" + std::move(path), {}, std::move(body), 0};
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

// The kinds of clients: some skip the consent, one is for administrators, some always get a refresh
// token.
std::string client_of(int kind) {
  std::string body = "{\"name\":\"App\",\"redirect_uris\":[\"" + std::string(kRedirect) + "\"]";
  if (kind % 2 == 1) body += ",\"consent\":\"skip\"";
  if (kind == 3) body += ",\"roles\":[\"admin\"]";
  if (kind >= 2) body += ",\"always_refresh\":true";
  return body + "}";
}

}  // namespace

std::optional<HttpRequest> Server::request_by_browser(const Step& step) {
  const bool is_first = step.op == Op::sign_out_browser || step.op == Op::authorize;
  const int browser = is_first ? step.subject : step.object;
  if (!cookies_.contains(browser)) return std::nullopt;
  HttpRequest request{get, "", {{"Cookie", cookies_.at(browser)}}, "", step.address};
  switch (step.op) {
    case Op::sign_out_browser:
      request.method = post;
      request.path = "/api/v1/auth/logout";
      request.headers.emplace_back("X-CSRF-Token", csrf_.at(browser));
      return request;
    case Op::authorize:
      if (!clients_.contains(step.object)) return std::nullopt;
      request.path =
          "/oauth2/authorize?" +
          form_of({{"response_type", "code"},
                   {"client_id", clients_.at(step.object)},
                   {"redirect_uri", kRedirect},
                   {"scope", step.flag ? "openid profile offline_access" : "openid profile"},
                   {"code_challenge", base64url_encode(crypto::sha256(verifier_of(step.name)))},
                   {"code_challenge_method", "S256"}});
      return request;
    default: break;
  }
  const std::string wish = text_of(wishes_, step.subject);
  if (wish.empty()) return std::nullopt;
  if (step.op == Op::go_on) {
    request.path = "/oauth2/authorize/" + wish;
    return request;
  }
  request.method = post;
  request.path = "/api/v1/oauth/requests/" + wish;
  request.headers.emplace_back("X-CSRF-Token", csrf_.at(browser));
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = step.flag ? "{\"decision\":\"allow\"}" : "{\"decision\":\"deny\"}";
  return request;
}

std::optional<HttpRequest> Server::request_by_client(const Step& step) {
  if (step.op == Op::ask_userinfo) {
    const std::string token = text_of(grant_accesses_, step.subject);
    if (token.empty()) return std::nullopt;
    return HttpRequest{
        get, "/oauth2/userinfo", {{"Authorization", "Bearer " + token}}, "", step.address};
  }
  const bool is_wrong = step.code.kind != Code::Kind::secret;
  const std::string secret =
      is_wrong ? "a wrong secret of a client" : text_of(client_secrets_, step.code.source);
  const std::string token = step.op == Op::exchange_code ? text_of(grant_codes_, step.subject)
                            : step.op == Op::refresh_grant || step.flag
                                ? text_of(grant_refreshes_, step.subject)
                                : text_of(grant_accesses_, step.subject);
  if (!clients_.contains(step.object) || secret.empty() || token.empty()) return std::nullopt;
  const std::string who = clients_.at(step.object) + ":" + secret;
  HttpRequest request{post,
                      "/oauth2/token",
                      {{"Authorization", "Basic " + base64_encode(who)},
                       {"Content-Type", "application/x-www-form-urlencoded"}},
                      "",
                      own_address(step)};
  switch (step.op) {
    case Op::exchange_code:
      request.body =
          form_of({{"grant_type", "authorization_code"},
                   {"code", token},
                   {"redirect_uri", kRedirect},
                   {"code_verifier", verifier_of(step.flag ? verifiers_.at(step.subject) : -1)}});
      return request;
    case Op::refresh_grant:
      request.body = form_of({{"grant_type", "refresh_token"}, {"refresh_token", token}});
      return request;
    case Op::introspect_grant: request.path = "/oauth2/introspect"; break;
    default: request.path = "/oauth2/revoke"; break;
  }
  request.body = form_of({{"token", token}});
  return request;
}

std::optional<HttpRequest> Server::request_about_client(const Step& step) {
  log_admin_in();
  const std::string id = "/" + text_of(clients_, step.object);
  if (step.op != Op::add_client && !clients_.contains(step.object)) return std::nullopt;
  HttpRequest request;
  switch (step.op) {
    case Op::add_client: request = admin_request(post, "", client_of(step.user)); break;
    case Op::disable_client: request = admin_request(patch, id, "{\"disabled\":true}"); break;
    case Op::enable_client: request = admin_request(patch, id, "{\"disabled\":false}"); break;
    case Op::delete_client: request = admin_request(del, id, ""); break;
    case Op::add_secret: request = admin_request(post, id + "/secrets", "{}"); break;
    default:
      if (!secret_ids_.contains(step.subject)) return std::nullopt;
      request = admin_request(del, id + "/secrets/" + secret_ids_.at(step.subject), "");
      break;
  }
  request.headers.emplace_back("Authorization", "Bearer " + admin_);
  return request;
}

// Where the browser is sent: to a page, or to the client with a code or an error.
void Server::read_way(const Step& step, const http::Reply& reply, Answer& answer) {
  std::string way;
  for (const auto& [name, value] : reply.headers)
    if (name == "Location") way = value;
  const size_t path = way.find("://") == std::string::npos ? 0 : way.find('/', way.find("://") + 3);
  const int begun = step.op == Op::go_on ? step.subject : step.name;
  if (const std::string code = parameter_of(way, "code"); !code.empty()) {
    must(way.starts_with(kRedirect));
    grant_codes_[step.name] = code;
    verifiers_[step.name] = begun;
    answer.facts.insert("code");
  } else if (const std::string error = parameter_of(way, "error"); !error.empty()) {
    answer.facts.insert(error);
  } else {
    answer.facts.insert(way.substr(path, way.find('?') - path));
  }
  if (const std::string wish = parameter_of(way, "request"); !wish.empty()) {
    wishes_[step.name] = wish;
  }
}

void Server::keep_cookie(const Step& step, const http::Reply& reply) {
  for (const auto& [name, value] : reply.headers) {
    const std::string cookie = value.substr(0, value.find(';'));
    if (name != "Set-Cookie" || !cookie.starts_with("authd_session=") || cookie.ends_with("="))
      continue;
    cookies_[step.name] = cookie;
    const std::string bytes = *base64url_decode(cookie.substr(cookie.find('=') + 1));
    sessions_[step.name] = base64url_encode(bytes.substr(0, 16));
    session_names_[sessions_[step.name]] = step.name;
  }
}

void Server::read_provider_fields(const Step& step, const JsonObject& json, Answer& answer) {
  switch (step.op) {
    case Op::sign_in_browser:
      if (json.has("csrf_token")) csrf_[step.name] = *json.string("csrf_token");
      break;
    case Op::answer_request:
      wishes_[step.subject] = json.string("redirect_to")->substr(sizeof("/oauth2/authorize/") - 1);
      break;
    case Op::exchange_code:
    case Op::refresh_grant: {
      const std::string access = grant_accesses_[step.name] = *json.string("access_token");
      if (step.op == Op::exchange_code) {
        const size_t dot = access.find('.') + 1;
        const auto claims =
            JsonObject::parse(*base64url_decode(access.substr(dot, access.find('.', dot) - dot)));
        grant_ids_[step.subject] = *claims->string("sid");
        grant_names_[*claims->string("sid")] = step.subject;
      }
      if (!json.has("refresh_token")) break;
      const std::string refresh = grant_refreshes_[step.name] = *json.string("refresh_token");
      const int first = grant_refresh_names_.try_emplace(refresh, step.name).first->second;
      answer.facts.insert("refresh=" + (first == step.name ? "new" : "#" + std::to_string(first)));
      break;
    }
    case Op::ask_userinfo: answer.facts.insert(*json.string("preferred_username")); break;
    case Op::list_grants: {
      const auto grants = json.optional_objects("grants");
      for (const JsonObject& grant : **grants)
        answer.facts.insert("#" + std::to_string(grant_names_[*grant.string("id")]));
      break;
    }
    case Op::list_consents: {
      const auto consents = json.optional_objects("consents");
      for (const JsonObject& consent : **consents) {
        const auto scopes = **consent.optional_strings("scopes");
        answer.facts.insert("#" + std::to_string(client_names_[*consent.string("client_id")]) +
                            (scopes.size() > 2 ? " offline" : ""));
      }
      break;
    }
    case Op::add_client: {
      clients_[step.name] = *json.string("client_id");
      client_names_[clients_[step.name]] = step.name;
      client_secrets_[step.name] = *json.string("client_secret");
      const auto secrets = json.optional_objects("secrets");
      secret_ids_[step.name] = *(*secrets)->front().string("id");
      break;
    }
    case Op::add_secret:
      client_secrets_[step.name] = *json.string("client_secret");
      secret_ids_[step.name] = *json.string("id");
      break;
    default: break;
  }
}

}  // namespace authd::model
