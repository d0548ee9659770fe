// What people have allowed the applications, so that they are asked only for what is new.
#pragma once

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/requests/authorization_request.h"
#include "tables/schema.h"

namespace authd::auth {

// All scopes that the request would grant: those it names, and those of the claims it names.
std::vector<std::string> wanted_scopes(const AuthorizationRequest& request);

// Whether the person has allowed the client all of this before.
bool has_consent(store::Reader& tx, UserId user, const AuthorizationRequest& request);

// Whether an error may redirect the browser to the client at once: if an administrator created the
// client, or the person who is signed in has given it consent. Otherwise anybody who registers a
// client could send people from an address of this server to one of their own (RFC 9700 section
// 4.11.2).
bool may_send_back(store::Reader& tx, const Person* person, const tables::Client& client);

struct GivenConsent {
  tables::Consent consent;
  tables::Client client;
};

// What the person has allowed the clients that are there, in the order of their ids.
Result<std::vector<GivenConsent>> list_consents(const Services& s, UserId user);

// Adds what the request wants to what the person has allowed the client.
void remember_consent(store::WriteTxn& tx, UserId user, const AuthorizationRequest& request,
                      Time now);

}  // namespace authd::auth
