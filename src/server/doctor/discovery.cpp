// This server as a provider: discovery and keys, fetched by the issuer's address, as applications
// fetch them.
#include "auth/accounts/providers.h"
#include "server/doctor/checks.h"

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
  if (reply && reply->status == 200) return reply->body;
  report.fail(reply ? url + " answers with status " + std::to_string(reply->status)
                    : url + " does not answer: " + reply.error().message,
              "applications fetch it before anybody signs in: let the proxy pass /.well-known/ and "
              "/oauth2/ on to authd");
  return std::nullopt;
}

}  // namespace

void check_discovery(const Patient& patient, Report& report) {
  const config::Config& config = patient.config();
  if (!config.provider.enabled) return report.ok("provider.enabled is false");
  if (!patient.server) return report.skip("no server runs here that could be asked");
  const std::string& issuer = config.tokens.issuer;
  const auto document = get(patient, report, auth::discovery_url(issuer));
  if (!document) return;
  const Result<auth::ProviderMetadata> metadata = auth::parse_metadata(*document, issuer);
  if (!metadata) {
    return report.fail("what is at " + auth::discovery_url(issuer) +
                           " is not of this server: " + metadata.error().message,
                       "applications compare the issuer letter by letter: set tokens.issuer (or "
                       "server.public_url, which it follows) to the address that they use");
  }
  const auto keys = get(patient, report, metadata->jwks_uri);
  if (!keys) return;
  if (auth::parse_key_set(*keys).empty()) {
    return report.fail(metadata->jwks_uri + " has no key",
                       "see the check of the keys, and what is between authd and its clients");
  }
  report.ok("applications find this provider by " + issuer);
}

}  // namespace authd::server::doctor
