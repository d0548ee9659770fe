// What a client calls a person (OpenID Connect Core section 8). To most clients it is the subject
// of the account (auth/core/subject.h). A client with subject_type pairwise gets a name of its own,
// which it shares only with the clients of its sector, so that applications cannot find out which
// of their accounts belong to the same person.
//
// The name is a MAC over sector and subject, with a key of the server that is used for nothing
// else. So nothing is stored per person, and nobody else can compute or invert it. The key is a
// server secret: it stays when signing keys or the master key change, and it is in backups and in
// exports. If it is lost, no pairwise client recognises anybody.
//
// Every place where a client sees a person asks this file: ID, access and logout tokens, userinfo,
// introspection, X-Auth-Subject. None of these functions may be called inside a transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "fetch/client.h"
#include "tables/schema.h"

namespace authd::auth {

// The `sub` of the person for this client; `subject` is that of the account. A pairwise one looks
// like a UUID, which no client id does. Error: `unavailable`.
Result<std::string> subject_for(const Services& s, const tables::Client& client,
                                const tables::User& user);
Result<std::string> subject_for(const Services& s, const tables::Client& client,
                                std::string_view subject);

// Whether the `sub` in an ID token that this client has got means the person. One from before it
// became pairwise does. Error: `unavailable`.
Result<bool> means_person(const Services& s, const tables::Client& client, const tables::User& user,
                          std::string_view sub);

// Within it, a person has the same pairwise subject: the host of the client's
// sector_identifier_uri, else that of its redirect URIs. A client that can get tokens without
// proving that it receives what is sent there is a sector of its own: one whose addresses are all
// private schemes or on people's machines (of a stranger, one such is enough), one with the device
// grant, and one whose id is the address of its metadata, which can be other ones tomorrow.
std::string sector_of(const tables::Client& client);

// Whether this change of a client gives people other subjects. A stranger's client that is changed
// like this must not keep its grants: they would reveal who is who in another sector. A new
// created_at ends them.
bool changes_subjects(const tables::Client& before, const tables::Client& after);

// Before the transaction of such a change: makes the key of pairwise subjects, if the client needs
// it from then on. It has tokens already, and what only reads, such as userinfo, shall not have to
// make it. A new client has none: its first sign-in makes the key, so that an export of another
// server, with the key of that, can be imported until then. Error: `unavailable`.
Result<void> prepare_subjects(const Services& s, const tables::Client& before,
                              const tables::Client& after);

// Whether the members fit each other. Error: `invalid`, with "sector_identifier_uri".
Result<void> check_sector(const tables::Client& client);

// What the document at sector_identifier_uri is about (section 8.1): while it is the same, the
// document need not be fetched again. Empty: there is none.
std::string sector_evidence(const tables::Client& client);
// For a transaction that finds other evidence than was verified before it: `unavailable`.
Error changing_sector();

// Fetches the document, if there is one, and looks whether it lists every redirect URI of the
// client. Of a client that a stranger made (Client::origin), it must be on a public address. Takes
// up to kSectorTimeout. Errors: `invalid`, "sector_identifier_uri"; `busy`.
inline constexpr Milliseconds kSectorTimeout = std::chrono::seconds(5);
inline constexpr size_t kMaxSectorDocument = 64 << 10;
Result<void> check_sector_document(const Services& s, const tables::Client& client);
// The same without a limit on how many wait at the same time, for the doctor.
Result<void> check_sector_document(fetch::Client& remote, const config::Config& config,
                                   const tables::Client& client);

// The key, for exports; empty if there is none yet. Error: `unavailable`.
Result<SecretKey> find_pairwise_key(const Services& s);
// Takes over the key of another server. True if it was stored; false if it is the one that is
// there. Errors: `invalid` for one that is no key; `conflict` if this server has another one.
Result<bool> take_pairwise_key(const Services& s, const SecretKey& key);

}  // namespace authd::auth
