// What this process remembers for the provider between two requests. None of it is in the store,
// and all of it may be lost: a restart costs requests to other servers, or a further round trip of
// a client, and lets nobody in. Each member is thread-safe and bounded.
#pragma once

#include "auth/oauth/memory/client_documents.h"
#include "auth/oauth/memory/client_notes.h"
#include "auth/oauth/memory/outcomes.h"
#include "auth/oauth/memory/pkce_warnings.h"
#include "auth/oauth/memory/proof_keys.h"
#include "auth/oauth/memory/published_keys.h"
#include "auth/oauth/memory/sector_places.h"
#include "auth/oauth/memory/seen_proofs.h"
#include "base/log.h"
#include "base/time.h"
#include "config/config.h"
#include "fetch/client.h"

namespace authd::auth {

struct OauthMemory {
  OauthMemory(const config::Config& config, fetch::Client& remote, const Clock& clock, Log& log);

  fetch::Client& remote;  // for documents that are asked for once
  SectorPlaces sectors;
  ClientNotes notes;
  Outcomes outcomes;
  PkceWarnings pkce_warnings;
  ClientDocuments documents;
  PublishedKeys keys;
  ProofKeys proof_keys;
  SeenProofs proofs;
};

}  // namespace authd::auth
