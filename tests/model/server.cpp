#include "model/server.h"

#include <algorithm>

#include "auth/accounts/account/accounts.h"
#include "auth/core/audit/audit.h"
#include "auth/core/mails.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/sessions/activity_writer.h"
#include "auth/sessions/keyring.h"
#include "auth/upkeep/check.h"
#include "auth/upkeep/ended_ways.h"
#include "base/encoding.h"
#include "config/reading/keys.h"
#include "support/instance.h"
#include "tables/expiry.h"
#include "tables/mail_queue.h"
#include "tables/outbox.h"
#include "tables/schema.h"

namespace authd::model {
namespace {

using test::must;

// Addresses from here on are each in a network of its own.
constexpr int kNetworks = 200;

constexpr const char* kAdmin = "the-admin";
constexpr const char* kAdminPassword = "only for the admin of tests";

http::FrontOptions options() {
  http::FrontOptions options(config::defaults());
  options.policy.rate_limit.enabled = false;
  return options;
}

web::Site site_of(const config::Config& config) {
  Result<web::Site> site = api::make_site(config);
  must(site.has_value());
  return std::move(*site);
}

std::string user_of(const std::string& email) {
  return email.substr(0, email.find('@'));
}

}  // namespace

Server::Server(const auth::Services& services, test::ManualClock& clock)
    : services_(services),
      clock_(clock),
      site_(site_of(services.config)),
      documentation_(api::served_routes(services.config), services.config.public_url),
      api_{services, metrics_, site_, [] { return false; }, documentation_},
      app_(http::Router(api::http_routes(api_)), options(), null_log(), clock, services.random,
           metrics_) {
  auth::NewAccount admin;
  admin.username = kAdmin;
  admin.password = Password(kAdminPassword);
  admin.roles = {"admin"};
  must(auth::create_account(services, admin, {}).has_value());
  const auto client =
      auth::add_client(services, {"", {{"name", std::string("the model")}}, ClientSecret("")}, {});
  must(client.has_value());
  client_ =
      "Basic " + base64_encode(client->client.id + ":" + std::string(client->secret.reveal()));
}

void Server::log_admin_in() {
  if (!admin_.empty() && clock_.now() < admin_since_ + std::chrono::minutes(10)) return;
  const http::Reply reply =
      send({http::Method::post,
            "/api/v1/auth/login",
            {{"Content-Type", "application/json"}},
            std::string("{\"login\":\"") + kAdmin + "\",\"password\":\"" + kAdminPassword + "\"}",
            99});
  must(reply.status == 200);
  admin_ = *JsonObject::parse(reply.body)->string("access_token");
  admin_since_ = clock_.now();
}

http::Reply Server::send(const HttpRequest& request) {
  http::Exchange exchange;
  exchange.head.method = request.method;
  const std::string path = request.path.substr(0, request.path.find('?'));
  exchange.head.target = request.path;
  exchange.head.path = path;
  exchange.head.host = "auth.test";
  for (const auto& [name, value] : request.headers)
    exchange.head.headers.emplace_back(name, value);
  exchange.head.content_length = request.body.size();
  exchange.body = request.body;
  exchange.peer = *IpAddress::parse(request.address < kNetworks
                                        ? "198.51.100." + std::to_string(request.address + 1)
                                        : "10." + std::to_string(request.address / 256 % 256) +
                                              "." + std::to_string(request.address % 256) + ".1");
  exchange.received = clock_.steady_now();
  return app_.handle(exchange, {path, {}});
}

void Server::keep_tokens(const Step& step, const JsonObject& json, Answer& answer) {
  const Result<std::string> refresh = json.string("refresh_token");
  if (!refresh) return;
  accesses_[step.name] = *json.string("access_token");
  refreshes_[step.name] = *refresh;
  const int first = refresh_names_.try_emplace(*refresh, step.name).first->second;
  answer.facts.insert("refresh=" + (first == step.name ? "new" : "#" + std::to_string(first)));
  if (step.op == Op::refresh) return;
  const std::string session = base64url_encode(base64url_decode(*refresh)->substr(0, 16));
  sessions_[step.name] = session;
  session_names_[session] = step.name;
  if (step.op == Op::sign_up) {
    accounts_[step.name] = std::to_string(*json.object("user")->integer("id"));
  }
}

void Server::read_fields(const Step& step, const JsonObject& json, Answer& answer) {
  if (step.op < Op::exchange_code) keep_tokens(step, json, answer);
  if (json.has("mfa_token")) {
    challenges_[step.name] = *json.string("mfa_token");
    answer.facts.insert("mfa_required");
  }
  if (json.has("binding")) bindings_[step.name] = *json.string("binding");
  if (step.op == Op::begin_totp && json.has("secret")) {
    secrets_[step.name] = *base32_decode(*json.string("secret"));
  }
  if (json.has("recovery_codes")) recovery_[step.name] = **json.optional_strings("recovery_codes");
  if (step.op == Op::add_key && json.has("api_key")) {
    keys_[step.name] = *json.string("api_key");
    key_ids_[step.name] = std::to_string(*json.integer("id"));
  }
  if (json.has("active")) {
    answer.facts.insert(**json.optional_boolean("active") ? "active" : "inactive");
  }
  if (step.op == Op::list_sessions && json.has("sessions")) {
    const auto sessions = json.optional_objects("sessions");
    for (const JsonObject& session : **sessions)
      answer.facts.insert("#" + std::to_string(session_names_[*session.string("id")]));
  }
  if (step.op >= Op::list_grants) read_provider_fields(step, json, answer);
  if (step.op == Op::show_me && json.has("username")) {
    const auto roles = **json.optional_strings("roles");
    answer.facts = {*json.string("username"),
                    **json.optional_boolean("email_verified") ? "verified" : "unverified",
                    **json.optional_boolean("mfa_enabled") ? "mfa" : "no mfa",
                    std::count(roles.begin(), roles.end(), "admin") > 0 ? "admin" : "no admin"};
  }
}

Answer Server::read(const Step& step, const http::Reply& reply) {
  Answer answer{reply.status, "", {}};
  if (reply.status == 303) read_way(step, reply, answer);
  if (step.op == Op::sign_in_browser && reply.status == 200) keep_cookie(step, reply);
  if (reply.content_type != "application/json") return answer;
  const Result<JsonObject> json = JsonObject::parse(reply.body);
  must(json.has_value());
  if (reply.status >= 400) {
    answer.error = json->string("error").value_or("");
  } else {
    read_fields(step, *json, answer);
  }
  return answer;
}

std::vector<std::string> Server::take_mails(const Step& step) {
  std::vector<tables::Mail> mails;
  must(services_.store
           .read([&](store::ReadTxn& tx) -> Result<void> {
             mails.clear();
             tables::outbox.scan(tx, "", "", [&](std::string_view, tables::Mail mail) {
               mails.push_back(std::move(mail));
               return true;
             });
             return {};
           })
           .has_value());
  std::vector<std::string> facts;
  for (const tables::Mail& mail : mails) {
    std::string fact = "mail=" + std::string(tables::mail_kind_name(mail.kind));
    if (!mail.to.empty()) fact += ">" + user_of(mail.to);
    facts.push_back(std::move(fact));
    if (mail.kind != tables::MailKind::nobody && !mail.sealed.empty()) {
      const auto secret = services_.master_key.open(mail.sealed, auth::mail_context(mail));
      must(secret.has_value());
      (mail.kind == tables::MailKind::login_code ? codes_ : links_)[step.name] = *secret;
    }
    must(services_.store
             .write([&](store::WriteTxn& tx) -> Result<void> {
               tables::delete_mail(tx, mail);
               return {};
             })
             .has_value());
  }
  return facts;
}

void Server::advance(int64_t seconds) {
  clock_.advance(Seconds(seconds));
}

// As server/jobs.h has them.
void Server::run_jobs() {
  const Time now = clock_.now();
  bool has_more = true;
  while (has_more) {
    const auto swept = tables::sweep_expired(services_.store, now);
    must(swept.has_value());
    has_more = swept->more;
  }
  while (auth::erase_ended_ways(services_)->more) {
  }
  must(auth::prune_keys(services_, now).has_value());
  must(auth::rotate_when_due(services_, now).has_value());
  while (*auth::write_activity(services_) > 0) {
  }
  must(auth::write_checkpoint(services_, now, auth::kCheckpointPace).has_value());
  while (*auth::prune_audit(services_, now) > 0) {
  }
}

std::vector<std::string> Server::findings() {
  auto report = auth::check_store(services_);
  must(report.has_value());
  return std::move(report->findings);
}

}  // namespace authd::model
