#include "auth/oauth/requests/consents.h"

#include <algorithm>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/words.h"
#include "tables/owned.h"

namespace authd::auth {
namespace {

std::string key_of(UserId user, const tables::Client& client) {
  return tables::big_endian(user.value) + client.id;
}

bool holds_all(const std::vector<std::string>& held, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& one) { return contains(held, one); });
}

void add_missing(std::vector<std::string>& held, const std::vector<std::string>& more) {
  for (const std::string& one : more) {
    if (!contains(held, one)) held.push_back(one);
  }
}

// What a person allowed an earlier client of the same id does not count for this one.
bool is_of(const tables::Consent& consent, const tables::Client& client) {
  return consent.created_at >= client.created_at;
}

std::optional<tables::Consent> find_consent(store::Reader& tx, UserId user,
                                            const tables::Client& client) {
  std::optional<tables::Consent> consent = tables::consents.find(tx, key_of(user, client));
  if (consent && !is_of(*consent, client)) consent.reset();
  return consent;
}

}  // namespace

std::vector<std::string> wanted_scopes(const AuthorizationRequest& request) {
  std::vector<std::string> scopes = request.scopes;
  add_missing(scopes, request.claim_scopes);
  return scopes;
}

bool has_consent(store::Reader& tx, UserId user, const AuthorizationRequest& request) {
  const std::optional<tables::Consent> consent = find_consent(tx, user, request.client);
  return consent && holds_all(consent->scopes, wanted_scopes(request)) &&
         holds_all(consent->resources, request.resources);
}

bool may_send_back(store::Reader& tx, const Person* person, const tables::Client& client) {
  if (!is_strangers(client)) return true;
  return person != nullptr && find_consent(tx, person->user().id, client).has_value();
}

Result<std::vector<GivenConsent>> list_consents(const Services& s, UserId user) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<GivenConsent>> {
    std::vector<GivenConsent> given;
    for (tables::Consent& consent : tables::rows_of(tx, tables::consents, user)) {
      std::optional<tables::Client> client = find_client(tx, consent.client);
      if (client && is_of(consent, *client)) {
        given.push_back({std::move(consent), std::move(*client)});
      }
    }
    return given;
  });
}

void remember_consent(store::WriteTxn& tx, UserId user, const AuthorizationRequest& request,
                      Time now) {
  if (has_consent(tx, user, request)) return;
  std::optional<tables::Consent> found = find_consent(tx, user, request.client);
  tables::Consent consent;
  if (found) {
    consent = std::move(*found);
  } else {
    consent.user = user;
    consent.client = request.client.id;
    consent.created_at = now;
  }
  add_missing(consent.scopes, wanted_scopes(request));
  add_missing(consent.resources, request.resources);
  consent.updated_at = now;
  tables::consents.put(tx, consent);
}

}  // namespace authd::auth
