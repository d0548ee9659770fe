#include "server/doctor/one_client.h"

#include <algorithm>

#include "auth/accounts/names/providers.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "base/encoding.h"
#include "base/json.h"
#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

using tables::Client;

constexpr size_t kMostHosts = 10;  // that are asked, of the redirect URIs
constexpr Milliseconds kSoon = std::chrono::hours(24 * 14);
// Nobody has it: the server's own secrets have another prefix, and those of others come as a hash.
constexpr const char* kWrongSecret = "authd_client_test_wrong_secret";

bool is_for_people(const Client& client) {
  return auth::has_grant_type(client, auth::kCodeGrant) ||
         auth::has_grant_type(client, auth::kDeviceGrant);
}

std::string set_command(const Client& client, const std::string& change) {
  return "authd client set " + client.id + " " + change;
}

Result<void> check_rules(const Patient& patient, const Client& client) {
  return patient.store->read([&](store::ReadTxn& tx) { return auth::check_client(tx, client); });
}

void check_secrets(const Patient& patient, Report& report, const Client& client) {
  if (!auth::takes_secret(client)) return;
  const Time now = patient.clock.now();
  std::vector<tables::ClientSecretRow> all = auth::secrets_of(client);
  std::erase_if(all, [&](const auto& row) { return auth::has_ended(row, now); });
  const std::string advice = "authd client secret add " + client.id;
  if (all.empty()) return report.fail("it has no secret that is valid", advice);
  const auto stays = [&](const auto& row) {
    return row.expires_at == Time{} || row.expires_at - now > kSoon;
  };
  if (std::any_of(all.begin(), all.end(), stays)) return;
  report.warn("its last secret ends within two weeks", advice + ", and give it to the application");
}

void check_members(const Patient& patient, Report& report, const Client& client) {
  report.begin("members");
  const size_t before = report.findings().size();
  const config::Config& config = patient.config();
  if (client.disabled) {
    report.fail("it is disabled: it lets nobody in", set_command(client, "disabled=false"));
  }
  if (!config.provider.enabled && is_for_people(client)) {
    report.fail("this server is not a provider", "set provider.enabled to true, or remove it");
  }
  const Result<void> rules = check_rules(patient, client);
  if (!rules) {
    report.fail(rules.error().field + ": " + rules.error().message,
                set_command(client, rules.error().field + "=…"));
  }
  check_secrets(patient, report, client);
  for (const std::string& warning : auth::client_warnings(config, client))
    report.warn(warning, "see docs/oidc.md, \"The members of a client\"");
  if (report.findings().size() == before) report.ok("its members are in order");
}

// As far as the server itself would go there.
Result<fetch::Reply> look_at(const Patient& patient, const Client& client, const std::string& url) {
  fetch::Request request;
  request.url = url;
  request.timeout = kPatience;
  auth::limit_reach(request, patient.config(), client);
  return patient.fetch.send(request);
}

// Our own address, which may be http, and whose certificate the check of the public URL judges.
Result<fetch::Reply> ask_here(const Patient& patient, fetch::Request request) {
  request.timeout = kPatience;
  request.takes_plain_http = true;
  request.is_unverified = true;
  return patient.fetch.send(request);
}

void check_time(const Patient& patient, Report& report) {
  report.begin("clock");
  if (!patient.server) return report.skip("no server runs here that could be asked");
  fetch::Request request;
  request.url = auth::discovery_url(patient.config().tokens.issuer);
  const Result<fetch::Reply> reply = ask_here(patient, std::move(request));
  if (!reply || !reply->date)
    return report.skip("no time came from " + patient.config().public_url);
  const size_t before = report.findings().size();
  compare_clocks(report, patient.config().public_url, reply->date, patient.clock.now());
  if (report.findings().size() == before) report.ok("the clocks agree");
}

// The hosts of web pages to which people return, as "https://host:port".
std::vector<std::string> hosts_of(const Client& client) {
  std::vector<std::string> hosts;
  for (const auto* list : {&client.redirect_uris, &client.post_logout_redirect_uris}) {
    for (const std::string& uri : *list) {
      if (auth::is_unprovable(uri)) continue;
      std::string host = auth::redirect_origin(uri);
      if (!auth::contains(hosts, host)) hosts.push_back(std::move(host));
    }
  }
  return hosts;
}

void check_hosts(const Patient& patient, Report& report, const Client& client) {
  report.begin("redirect_uris");
  if (client.redirect_uris.empty()) return report.skip("nobody returns to it");
  const std::vector<std::string> hosts = hosts_of(client);
  for (size_t i = 0; i < hosts.size() && i < kMostHosts; ++i) {
    const Result<fetch::Reply> reply = look_at(patient, client, hosts[i] + "/");
    if (reply) {
      report.ok(hosts[i] + " answers");
    } else {
      report.warn(hosts[i] + " does not answer this machine: " + reply.error().message,
                  "people's browsers have to reach it; this machine need not");
    }
  }
  if (hosts.size() > kMostHosts) report.skip("more than 10 hosts: the others were not asked");
  if (std::any_of(client.redirect_uris.begin(), client.redirect_uris.end(), &auth::is_unprovable)) {
    report.skip("addresses on people's own devices cannot be asked");
  }
}

void check_backchannel(const Patient& patient, Report& report, const Client& client) {
  const std::string& uri = client.backchannel_logout_uri;
  if (uri.empty()) return;
  report.begin("backchannel_logout");
  const Result<fetch::Reply> reply = look_at(patient, client, uri);
  const std::string advice =
      "this machine sends sign-outs there: check name, firewall and certificate (fetch.proxy)";
  if (!reply) return report.fail(uri + " does not answer: " + reply.error().message, advice);
  if (reply->status >= 500) {
    return report.warn(uri + " answers with status " + std::to_string(reply->status), advice);
  }
  // It takes only POST, so the status says nothing else.
  report.ok(uri + " answers");
}

void check_keys_of(const Patient& patient, Report& report, const Client& client) {
  if (client.jwks_uri.empty()) return;
  report.begin("jwks_uri");
  const Result<fetch::Reply> reply = look_at(patient, client, client.jwks_uri);
  const std::string advice = "the client publishes its keys there (RFC 7517 section 5)";
  if (!reply) {
    return report.fail(client.jwks_uri + " does not answer: " + reply.error().message, advice);
  }
  const size_t count = reply->status == 200 ? auth::parse_key_set(reply->body).size() : 0;
  if (count == 0) return report.fail(client.jwks_uri + " has no key that can be used", advice);
  report.ok(client.jwks_uri + " has " + std::to_string(count) + (count == 1 ? " key" : " keys"));
}

void check_sector_of(const Patient& patient, Report& report, const Client& client) {
  if (client.sector_identifier_uri.empty()) return;
  report.begin("sector_identifier_uri");
  const Result<void> is_right =
      auth::check_sector_document(patient.fetch, patient.config(), client);
  if (is_right) return report.ok(client.sector_identifier_uri + " lists all redirect addresses");
  report.fail(client.sector_identifier_uri + ": " + is_right.error().message,
              "list the redirect addresses there: people's subjects depend on it");
}

// A code that there is not, with a wrong secret if the client has one.
fetch::Request wrong_request(const Patient& patient, const Client& client) {
  fetch::Request request;
  request.url = patient.config().public_url + "/oauth2/token";
  request.form = "grant_type=" + std::string(auth::kCodeGrant) +
                 "&code=authd-client-test&code_verifier=authd-client-test";
  if (client.is_public) {
    request.form += "&client_id=" + percent_encode(client.id);
  } else {
    request.headers.push_back("Authorization: Basic " +
                              base64_encode(client.id + ":" + kWrongSecret));
  }
  return request;
}

std::optional<std::string> error_in(const fetch::Reply& reply) {
  const Result<JsonObject> body = JsonObject::parse(reply.body);
  return body ? body->optional_string("error").value_or(std::nullopt) : std::nullopt;
}

// A wrong secret that is lost on the way is refused like one that arrives. A request that
// authenticates twice (RFC 6749 section 2.3) is malformed only if both ways arrive.
bool loses_header(const Patient& patient, const Client& client) {
  fetch::Request request = wrong_request(patient, client);
  request.form += "&client_secret=" + std::string(kWrongSecret);
  const Result<fetch::Reply> reply = ask_here(patient, std::move(request));
  return reply && error_in(*reply) == auth::invalid_client().name;
}

void judge_refusal(const Patient& patient, Report& report, const std::string& url,
                   const fetch::Reply& reply, const Client& client) {
  const std::optional<std::string> error = error_in(reply);
  const std::string told = std::to_string(reply.status) + (error ? " " + *error : "");
  if (reply.status == 429) {
    return report.warn(url + " answers " + told, "there were too many wrong secrets: try later");
  }
  const bool is_unknown = error == auth::invalid_client().name;
  if (!error || reply.status < 400 || reply.status >= 500) {
    return report.fail(
        url + " answers " + told + " instead of refusing a wrong request",
        "let the proxy pass POST to /oauth2/ on to authd, with the body and the header "
        "Authorization, and its reply back as it is");
  }
  if (client.is_public == is_unknown) {
    return report.fail(url + " answers " + told,
                       client.is_public
                           ? "another server answers there, which does not know this client"
                           : "let the proxy pass the header Authorization on to authd");
  }
  if (!client.is_public && loses_header(patient, client)) {
    return report.fail(url + " does not get the header Authorization",
                       "let the proxy pass the header Authorization on to authd: applications send "
                       "their secret in it");
  }
  report.ok(url + " refuses what is wrong (" + told + ")");
}

void check_token(const Patient& patient, Report& report, const Client& client) {
  report.begin("token");
  if (!patient.server) return report.skip("no server runs here that could be asked");
  if (client.disabled) return report.skip("it is disabled");
  fetch::Request request = wrong_request(patient, client);
  const std::string url = request.url;
  const Result<fetch::Reply> reply = ask_here(patient, std::move(request));
  if (!reply) {
    return report.fail(url + " does not answer: " + reply.error().message,
                       "applications send codes there: check the proxy and the firewall");
  }
  judge_refusal(patient, report, url, *reply, client);
}

}  // namespace

std::vector<Finding> examine_client(const Patient& patient, const Client& client) {
  Report report;
  check_members(patient, report, client);
  report.begin("discovery");
  check_discovery(patient, report);
  check_time(patient, report);
  check_hosts(patient, report, client);
  check_backchannel(patient, report, client);
  check_keys_of(patient, report, client);
  check_sector_of(patient, report, client);
  check_token(patient, report, client);
  return report.findings();
}

}  // namespace authd::server::doctor
