#include "auth/oauth/requests/pushed_request.h"

#include <array>

#include "auth/core/lifetime.h"
#include "auth/core/limits/allowance.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/proofs/request_object.h"
#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/protocol/outbound.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::PushedRequest;

constexpr std::string_view kPrefix = "urn:ietf:params:oauth:request_uri:";
constexpr size_t kRandomBytes = 32;
constexpr size_t kMaxReference = 200;  // bytes

constexpr std::string_view kReference = "request_uri";
constexpr std::string_view kRequestObject = "request";
constexpr std::string_view kClientId = "client_id";
// Before the parameters in the row, if the client had signed them. No form begins with it
// (percent_encode()), so no client can send it.
constexpr char kSignedMark = '!';
// How the client authenticates (RFC 6749 section 2.3.1, RFC 7521 section 4.2). It is no part of the
// request, and secret.
constexpr auto kCredentials =
    std::to_array<std::string_view>({"client_secret", "client_assertion", "client_assertion_type"});

constexpr Allowance kByClient{"pushed by a client", kMaxPushedByClient, kPushedWindow};
constexpr Allowance kByPublic{"pushed by a public client", kMaxPushedByPublic, kPushedWindow};
constexpr Allowance kByStrangers{"pushed by strangers", kMaxPushedByStrangers, kPushedWindow};
constexpr Allowance kFromAddress{"pushed from an address", kMaxPushedFromAddress, kPushedWindow};
constexpr Allowance kFromSite{"pushed from a site", kMaxPushedFromSite, kPushedWindow};

Error unusable() {
  return Error{ErrorCode::malformed,
               "This request of the application has been answered, or has expired. Start again in "
               "the application.",
               std::string(kReference), "invalid_request_uri"};
}

std::string bytes_of(const IpAddress& address) {
  return std::string(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
}

// The address comes first: one that has used up its own allowance must not use up the common one.
Result<void> take_place(store::WriteTxn& tx, const tables::Client& client, const IpAddress& address,
                        Time now) {
  constexpr int kSiteBits = 48;
  const bool is_of_stranger = is_strangers(client);
  if (!client.is_public && !is_of_stranger) return take_one(tx, kByClient, client.id, now);
  // No id has a space, so these are no client's.
  const std::string whose = is_of_stranger ? " " : client.id + " ";
  TRY(take_one(tx, kFromAddress, whose + bytes_of(address.limit_key()), now));
  if (!address.is_v4()) {
    TRY(take_one(tx, kFromSite, whose + bytes_of(address.network(kSiteBits)), now));
  }
  if (is_of_stranger) return take_one(tx, kByStrangers, "", now);
  return take_one(tx, kByPublic, client.id, now);
}

// The parameters of a row.
struct Kept {
  Parameters parameters;
  bool is_signed = false;  // they came out of a request object

  Arrival arrival() const { return is_signed ? Arrival::pushed_signed : Arrival::pushed; }
  std::string text() const {
    return (is_signed ? std::string(1, kSignedMark) : "") + parameters.encoded();
  }
};

Result<Kept> read_kept(std::string_view text) {
  Kept kept;
  kept.is_signed = text.starts_with(kSignedMark);
  if (kept.is_signed) text.remove_prefix(1);
  kept.parameters = TRY(Parameters::decode(text));
  return kept;
}

// The request alone, out of its object if there is one. Errors: `malformed`, and those of
// signed_parameters().
Result<Kept> request_in(const Services& s, const tables::Client& client, const Parameters& sent) {
  if (sent.has(kReference)) {
    return Error{ErrorCode::malformed, "A pushed request must not contain \"request_uri\".",
                 std::string(kReference), "invalid_request"};
  }
  Kept kept;
  kept.is_signed = sent.has(kRequestObject);
  kept.parameters = TRY(signed_parameters(s, client, sent.without(kCredentials), s.clock.now()));
  kept.parameters.set(kClientId, client.id);
  const bool is_known = !client.is_public && !is_strangers(client);
  if (kept.text().size() <= (is_known ? kMaxPushed : kMaxPublicPushed)) return kept;
  return refused(ErrorCode::malformed, "invalid_request",
                 "The authorization request is too long; shorten \"state\" or \"claims\".");
}

// Whether the client of the row, if there is one, pushed it. A document is the same client whenever
// its row was made: a person who allows it something makes that, between the push and the code.
bool is_of_client(const PushedRequest& row, const std::optional<tables::Client>& client) {
  if (!client) return is_document_id(row.client);
  return client->origin == kDocumentOrigin || client->created_at <= row.created_at;
}

bool is_kept(const PushedRequest& row) {
  return row.expires_at >= row.created_at + kPushedRowLife;
}

// The row to which the request refers, if it is of this client and began in time. One that an
// earlier client of this id pushed is not.
std::optional<PushedRequest> find_row(store::Reader& tx, const CarriedRequest& carried, Time now) {
  const std::string& reference = carried.parameters[kReference];
  if (reference.size() > kMaxReference) return std::nullopt;
  const std::string id = crypto::sha256(std::string_view(reference).substr(kPrefix.size()));
  std::optional<PushedRequest> row = tables::pushed_requests.find(tx, id);
  if (!row || row->client != carried.parameters[kClientId]) return std::nullopt;
  if (row->expires_at <= now) return std::nullopt;  // The sweep may come later.
  const bool is_its = is_of_client(*row, find_client(tx, row->client));
  // When it began is within a MAC, so a browser cannot make it earlier.
  const bool is_in_time = is_in_life(row->created_at + kPushedLife, kPushedLife, carried.asked_at);
  if (!is_its || !is_in_time) return std::nullopt;
  return row;
}

}  // namespace

Result<PushedReference> push_request(const Services& s, const Program& program,
                                     const Parameters& sent, const Proof& proof,
                                     const Origin& origin) {
  const tables::Client& client = program.client();
  PushedRequest row;
  row.client = client.id;
  const Kept kept = TRY(request_in(s, client, sent));
  row.parameters = kept.text();
  row.dpop_jkt = proof.jkt;
  const ReadRequest read = TRY(read_authorization_request(s, kept.parameters, kept.arrival()));
  if (read.refusal) return read.refusal->error;
  if (proof.is_there() && !is_proved(read.request.dpop_jkt, proof)) {
    return refused(ErrorCode::malformed, "invalid_request",
                   "\"dpop_jkt\" does not name the key of the DPoP proof.");
  }
  const std::string random = base64url_encode(s.random.bytes(kRandomBytes));
  const Time now = s.clock.now();
  row.id = crypto::sha256(random);
  row.created_at = now;
  row.expires_at = now + kUnbegunPushedLife;
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(take_place(tx, client, origin.address, now));
    TRY(use_proof(tx, proof, now));
    tables::pushed_requests.insert(tx, row);
    return {};
  }));
  return PushedReference{std::string(kPrefix) + random, std::chrono::floor<Seconds>(kPushedLife)};
}

bool is_pushed_reference(std::string_view request_uri) {
  return request_uri.starts_with(kPrefix);
}

CarriedRequest begun_request(Parameters parameters, Time now) {
  CarriedRequest begun{{}, now, Answer::none, ""};
  if (!is_pushed_reference(parameters[kReference])) {
    begun.parameters = std::move(parameters);
    return begun;
  }
  for (const std::string_view name : {kClientId, kReference}) {
    if (parameters.has(name)) begun.parameters.set(name, parameters[name]);
  }
  return begun;
}

Result<ReadRequest> read_carried_request(const Services& s, const CarriedRequest& carried) {
  if (!is_pushed_reference(carried.parameters[kReference])) {
    return read_authorization_request(s, carried.parameters, Arrival::direct, carried.asked_at);
  }
  using Row = std::optional<PushedRequest>;
  const Row row = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<Row> { return find_row(tx, carried, s.clock.now()); }));
  if (!row) {
    ReadRequest none;
    none.refusal = {unusable(), false};
    return none;
  }
  const Kept kept = TRY(read_kept(row->parameters));
  ReadRequest read =
      TRY(read_authorization_request(s, kept.parameters, kept.arrival(), row->created_at));
  read.request.pushed = row->id;
  if (!row->dpop_jkt.empty()) read.request.dpop_jkt = row->dpop_jkt;
  return read;
}

Result<void> keep_begun(const Services& s, const AuthorizationRequest& request) {
  if (request.pushed.empty()) return {};
  using Row = std::optional<PushedRequest>;
  const Row seen = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Row> {
    return tables::pushed_requests.find(tx, request.pushed);
  }));
  if (!seen || is_kept(*seen)) return {};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    Row row = tables::pushed_requests.find(tx, request.pushed);
    if (!row || is_kept(*row)) return {};
    row->expires_at = row->created_at + kPushedRowLife;
    tables::pushed_requests.rewrite(tx, *row);
    return {};
  });
}

Result<void> use_up_pushed(store::WriteTxn& tx, const AuthorizationRequest& request) {
  if (request.pushed.empty()) return {};
  const std::optional<PushedRequest> row = tables::pushed_requests.find(tx, request.pushed);
  if (!row) return unusable();
  tables::pushed_requests.remove(tx, row->id, *row);
  return {};
}

Result<void> end_pushed(const Services& s, const AuthorizationRequest& request) {
  if (request.pushed.empty()) return {};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const auto row = tables::pushed_requests.find(tx, request.pushed);
    if (row) tables::pushed_requests.remove(tx, row->id, *row);
    return {};
  });
}

}  // namespace authd::auth
