// The providers that people sign in with: discovery and keys, as a login fetches them.
#include "auth/accounts/names/providers.h"

#include <set>

#include "server/doctor/checks.h"

namespace authd::server::doctor {
namespace {

// The document, or a finding.
std::optional<std::string> get(const Patient& patient, Report& report,
                               const config::Provider& provider, const std::string& url) {
  fetch::Request request;
  request.url = url;
  request.ca_file = provider.ca_file;
  request.timeout = kPatience;
  const std::string who = "provider " + provider.name + ": ";
  const Result<fetch::Reply> reply = patient.fetch.send(request);
  if (!reply) {
    const bool is_unknown = reply.error().name == fetch::kUnknownIssuer;
    report.fail(
        who + url + ": " + reply.error().message,
        is_unknown
            ? "name the authority of its certificate in providers." + provider.name + ".ca_file"
            : "check providers." + provider.name + ".issuer, and whether this machine reaches it");
    return std::nullopt;
  }
  compare_clocks(report, "provider " + provider.name, reply->date, patient.clock.now());
  if (reply->status == 200) return reply->body;
  report.fail(who + url + " answers with status " + std::to_string(reply->status),
              "check providers." + provider.name + ".issuer: its discovery document must be there");
  return std::nullopt;
}

void check_one(const Patient& patient, Report& report, const config::Provider& provider) {
  const std::string url = auth::discovery_url(provider.issuer);
  const std::optional<std::string> document = get(patient, report, provider, url);
  if (!document) return;
  const Result<auth::ProviderMetadata> metadata = auth::parse_metadata(*document, provider.issuer);
  if (!metadata) {
    return report.fail("provider " + provider.name + ": " + metadata.error().message,
                       "set providers." + provider.name +
                           ".issuer to exactly what the provider says, letter by letter");
  }
  const auto keys = get(patient, report, provider, metadata->jwks_uri);
  if (!keys) return;
  // An RSA key counts once for each of its algorithms there.
  std::set<std::string> names;
  for (const auth::ProviderKey& key : auth::parse_key_set(*keys))
    names.insert(key.key->kid());
  const size_t count = names.size();
  if (count == 0) {
    return report.fail(
        "provider " + provider.name + ": " + metadata->jwks_uri +
            " has no usable key for ES256, RS256, PS256, their longer forms or EdDSA",
        "let the provider sign with one of these (docs/providers.md says which keys "
        "are too weak)");
  }
  report.ok("provider " + provider.name + " answers, with " + std::to_string(count) +
            (count == 1 ? " key" : " keys"));
}

}  // namespace

void check_providers(const Patient& patient, Report& report) {
  if (patient.config().providers.empty()) return report.ok("none is configured");
  for (const config::Provider& provider : patient.config().providers)
    check_one(patient, report, provider);
}

}  // namespace authd::server::doctor
