// This server as a provider: discovery and keys, fetched by the issuer's address, as applications
// fetch them.
#include <algorithm>
#include <set>

#include "auth/accounts/names/providers.h"
#include "base/json.h"
#include "server/doctor/checks.h"
#include "tables/schema.h"

namespace authd::server::doctor {
namespace {

// The document, or a finding.
std::optional<std::string> get(const Patient& patient, Report& report, const std::string& url) {
  fetch::Request request;
  request.url = url;
  request.timeout = kPatience;
  request.takes_plain_http = true;
  request.is_unverified = true;  // The check of the public URL judges the certificate.
  const Result<fetch::Reply> reply = patient.fetch.send(request);
  if (!reply) {
    report.fail(
        url + " does not answer: " + reply.error().message,
        "applications fetch it before anybody signs in: check the proxy and the firewall; if this "
        "machine alone cannot reach its public address, run the doctor with --skip discovery");
    return std::nullopt;
  }
  if (reply->status == 200) return reply->body;
  report.fail(url + " answers with status " + std::to_string(reply->status),
              "applications fetch it before anybody signs in: let the proxy pass /.well-known/ and "
              "/oauth2/ on to authd");
  return std::nullopt;
}

Result<std::string> issuer_in(const std::string& document) {
  const JsonObject json = TRY(JsonObject::parse(document));
  return json.string("issuer");
}

// Whether the document is of this issuer, and of one that applications take; else a finding.
bool judge_issuer(Report& report, const std::string& url, const std::string& document,
                  const std::string& issuer) {
  const Result<std::string> named = issuer_in(document);
  if (!named) {
    report.fail("what is at " + url + " is not a discovery document: " + named.error().message,
                "something else answers there: let the proxy pass /.well-known/ and /oauth2/ on to "
                "authd");
    return false;
  }
  if (*named != issuer) {
    report.fail("what is at " + url + " is not of this server: it names the issuer " + *named,
                "applications compare the issuer letter by letter: set tokens.issuer (or "
                "server.public_url, which it follows) to the address that they use");
    return false;
  }
  if (fetch::is_allowed_url(issuer)) return true;
  report.warn("applications want https, and the issuer is " + issuer,
              "put TLS before it, and make server.public_url https (and tokens.issuer, if it is "
              "set)");
  return false;
}

// The addresses in the document, or a finding.
std::optional<auth::ProviderMetadata> addresses_in(const Patient& patient, Report& report,
                                                   const std::string& url,
                                                   const std::string& document) {
  const config::Config& config = patient.config();
  Result<auth::ProviderMetadata> found = auth::parse_metadata(document, config.tokens.issuer);
  if (!found) {
    report.fail("applications cannot use what is at " + url + ": " + found.error().message,
                "its addresses begin with server.public_url: make that https, and check whether "
                "the proxy changes replies");
    return std::nullopt;
  }
  // What somebody else wrote there is not fetched.
  if (found->jwks_uri.starts_with(config.public_url + "/")) return std::move(*found);
  report.fail("what is at " + url + " leads to " + found->jwks_uri + ", which is not below " +
                  config.public_url,
              "give the doctor the server.public_url that the server has, and check whether the "
              "proxy changes replies");
  return std::nullopt;
}

// The ids of the keys in the data; empty if they cannot be read.
std::set<std::string> own_keys(const Patient& patient) {
  using Ids = std::set<std::string>;
  if (patient.store == nullptr) return {};
  const Result<Ids> ids = patient.store->read([](store::ReadTxn& tx) -> Result<Ids> {
    Ids found;
    tables::signing_keys.scan(tx, "", "", [&](std::string_view, const tables::SigningKeyRow& row) {
      found.insert(row.kid);
      return true;
    });
    return found;
  });
  return ids ? *ids : Ids{};
}

// Whether the keys are this server's; else a finding.
bool judge_keys(const Patient& patient, Report& report, const std::string& url,
                const std::string& document) {
  const std::vector<auth::ProviderKey> keys = auth::parse_key_set(document);
  if (keys.empty()) {
    report.fail(url + " has no key",
                "see the check of the keys, and what is between authd and its clients");
    return false;
  }
  const std::set<std::string> own = own_keys(patient);
  const bool has_own = std::any_of(keys.begin(), keys.end(), [&](const auth::ProviderKey& key) {
    return own.contains(key.kid);
  });
  if (has_own || own.empty()) return true;
  report.fail("another server answers at " + url + ": none of its keys is in " +
                  patient.config().server.data_dir,
              "let the proxy lead to this server, or name the directory of that one (--data-dir or "
              "server.data_dir)");
  return false;
}

}  // namespace

void check_discovery(const Patient& patient, Report& report) {
  const config::Config& config = patient.config();
  if (!config.provider.enabled) return report.ok("provider.enabled is false");
  if (!patient.server) return report.skip("no server runs here that could be asked");
  const std::string& issuer = config.tokens.issuer;
  const std::string url = auth::discovery_url(issuer);
  const auto document = get(patient, report, url);
  if (!document || !judge_issuer(report, url, *document, issuer)) return;
  const auto metadata = addresses_in(patient, report, url, *document);
  if (!metadata) return;
  const auto keys = get(patient, report, metadata->jwks_uri);
  if (!keys || !judge_keys(patient, report, metadata->jwks_uri, *keys)) return;
  report.ok("applications find this provider by " + issuer);
}

}  // namespace authd::server::doctor
