// Clients that programs register (RFC 7591) and manage (RFC 7592), as provider.registration allows.
// What they can say about themselves: stranger_metadata.h. Administrators see them like any other
// client, and may restrict, disable and delete them.
//
// A registration leaves a row that no administrator asked for. So where anybody may register, there
// are limits by address, by day and in all, and a client that registered without a token and with
// which nobody has signed in within a day is removed.
//
// The client must not undo what an administrator has changed since. So any change by an
// administrator, except disabling or enabling the client, ends its registration: its registration
// access token no longer works.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/json.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxRegisteredClients = 400;
// Of their ids, so that they are counted without being read.
inline constexpr std::string_view kRegisteredIdPrefix = "authd_registered_";
// Where no initial access token is needed, within a day: from one address (IPv6: a /64), from one
// /48, and in all.
inline constexpr uint64_t kMaxRegisteredByAddress = 20;
inline constexpr uint64_t kMaxRegisteredBySite = 50;
inline constexpr uint64_t kMaxRegisteredInAll = 100;
inline constexpr Milliseconds kUnusedClientLife = std::chrono::hours(24);

struct RegisteredClient {
  tables::Client client;
  ClientSecret secret = ClientSecret("");    // shown only once; empty: none, or the client has it
  OneTimeSecret access = OneTimeSecret("");  // the registration access token
};

// `token` is the initial access token; empty: none came. Errors: `not_found` if nobody registers
// here; `unauthenticated`, "invalid_token"; those of set_strangers_metadata(); `rate_limited`;
// `conflict`, "too_many_clients".
Result<RegisteredClient> register_client(const Services& s, const JsonObject& metadata,
                                         std::string_view token, const Origin& origin);

// The client whose registration access token this is. Error of these three: `unauthenticated`,
// "invalid_token", also for a client that is disabled, that an administrator has changed, or that
// does not exist (RFC 7592 section 2).
Result<RegisteredClient> find_registered(const Services& s, std::string_view id,
                                         std::string_view token);

// Replaces what the client says about itself (RFC 7592 section 2.2). It gets a secret if it needs
// one now and had none, and loses its secrets when it needs none. Errors: those of
// set_strangers_metadata(); `malformed`, "invalid_client_metadata", for another client_id or
// client_secret than its own.
Result<RegisteredClient> change_registered(const Services& s, std::string_view id,
                                           std::string_view token, const JsonObject& metadata,
                                           const Origin& origin);

// Its grants and tokens end with it.
Result<void> delete_registered(const Services& s, std::string_view id, std::string_view token,
                               const Origin& origin);

// A job: removes registered clients that nobody has used in time, and rows of documents that nobody
// uses any more (document_clients.h).
struct SweptClients {
  size_t removed = 0;
  bool more = false;  // call again
};
Result<SweptClients> sweep_strangers(const Services& s, Time now);

}  // namespace authd::auth
