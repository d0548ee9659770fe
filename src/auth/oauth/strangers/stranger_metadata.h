// What a program may say about itself when it registers (RFC 7591 section 2), or in a document at
// its own address (client_document.h). Such a program is a stranger: it chooses how it signs people
// in and how it authenticates, but nothing that would let it skip people's consent or get more than
// they allow.
//
// What this server does not know is ignored (RFC 7591 section 2), and so is what only
// administrators set: consent, roles, networks, audiences, pkce, lifetimes. A grant type that
// strangers do not get is left out; the answer tells which ones there are. They are for signing
// people in: a program with tokens of its own (client_credentials) is an administrator's decision.
// So is who asks people for the code of a device: nothing there shows where the tokens go, so only
// a client with an initial access token gets that grant.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "auth/oauth/protocol/words.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

// Grant types that strangers get. kDeviceGrant: only if Client::origin is kTokenOrigin.
inline constexpr std::array kStrangersGrants = {kCodeGrant, kRefreshGrant, kDeviceGrant};

// Sets in `client` what the metadata says, and to its default what the metadata leaves out. What
// administrators have set stays. Client::origin says which kind of stranger it is. Whether the
// client has a secret is the caller's to settle. Error:
// `malformed`, "invalid_redirect_uri" or "invalid_client_metadata" (RFC 7591 section 3.2.2), with
// the name of the metadata as its field and in its message.
Result<void> set_strangers_metadata(tables::Client& client, const JsonObject& metadata);

// The client's metadata as RFC 7591 names them, for a client that has registered: what holds here,
// whatever it asked for. Members of an object that has begun.
void write_metadata(JsonWriter& json, const tables::Client& client);

// An error of the rules for clients in the form of RFC 7591 section 3.2.2; others unchanged.
Error metadata_error(const Error& error);

}  // namespace authd::auth
