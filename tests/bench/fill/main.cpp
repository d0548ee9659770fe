// Fills a data directory for `make bench`, and measures the cost of a commit there.
//   bench_fill DIR users N        adds N users "user1" … with the hash of "correct horse battery"
//   bench_fill DIR old_users N    the same as authd 0.1.0 left them, in data of its schema
//   bench_fill DIR sessions N     adds N sessions of users in no order, as logins make them
//   bench_fill DIR credentials N  adds what N users in no order show, and prints it, one JSON
//   object
//                                 a line: username, access, refresh, cookie, api_key
//   bench_fill DIR codes N        adds the clients below, and N authorization codes for each that
//                                 signs people in, and prints them, one JSON object a line
//   bench_fill DIR passkeys N     adds a passkey to each of N users in no order, and prints what
//   each
//                                 sends to sign in, one JSON object a line; good for five minutes
//   bench_fill DIR es256_proofs N prints a token that is bound to a key and one that is not, one a
//                                 line, and N proofs of the key for a request with the first; good
//                                 for a minute. rs256_proofs: with an RSA key
//   bench_fill DIR grants N       adds the clients, and N grants of users in no order
//   bench_fill DIR commits N      prints durable commits per second, one writer
//   bench_fill DIR searches N     asks each question of a search N times, and prints what it took
//   bench_fill DIR writes N       adds 2 x N users and changes as many, with and without what a
//                                 search reads, and prints what each took
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/passkeys/passkey_challenge.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/oauth/tokens/code_exchange.h"
#include "auth/sessions/session_cookie.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/json_writer.h"
#include "base/uuid.h"
#include "config/reading/load.h"
#include "crypto/digest.h"
#include "people.h"
#include "server/data/instance.h"
#include "support/proofs.h"
#include "support/software_authenticator.h"
#include "tables/users.h"

namespace {

using namespace authd;

// A user takes the most: the number, the row, the entries of two names, a subject and a role, what
// the search reads; and one of schema 1 gives two of them back.
constexpr uint64_t kRowsPerCommit = store::kMaxWritesPerTransaction / 9;

// Calls `add(first, last)` for pieces of [0, count) on several threads, so that commits form
// groups: a million users in a minute. Returns the first error, if any.
template <typename Add>
Result<void> in_pieces(uint64_t count, Add add) {
  constexpr int kThreads = 32;
  std::atomic<uint64_t> next = 0;
  std::mutex mutex;
  Result<void> outcome;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (uint64_t first = next.fetch_add(kRowsPerCommit); first < count;
           first = next.fetch_add(kRowsPerCommit)) {
        Result<void> added = add(first, std::min(first + kRowsPerCommit, count));
        if (added) continue;
        const std::lock_guard lock(mutex);
        outcome = std::move(added);
        return;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  return outcome;
}

using InRoles = decltype(tables::users)::IndexIn<tables::role_members>;

// Schema 1 has no index of the roles, and nothing for the search; these users have no subjects
// either.
void forget_indexes(store::WriteTxn& tx, const tables::User& user) {
  for (const auto& entry : InRoles::entries_of(user))
    tables::role_members.del(tx, entry.key);
  tables::people.del(tx, tables::big_endian(user.id.value));
}

Result<void> add_users(const auth::Services& s, uint64_t count, bool is_old) {
  const std::string hash = TRY(s.hasher.hash(Password("correct horse battery")));
  return in_pieces(count, [&](uint64_t first, uint64_t last) {
    return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (uint64_t i = first; i < last; ++i) {
        tables::User user;
        user.id = UserId{tables::next_number(tx, "user_id")};
        user.username = "user" + std::to_string(i + 1);
        user.email = user.username + "@example.org";
        user.password_hash = hash;
        user.role_ids = {1};
        user.created_at = s.clock.now();
        bench::name_user(user, i);
        if (!is_old) user.subject = make_uuid(s.random);
        tables::put_user(tx, user);
        if (is_old) forget_indexes(tx, user);
      }
      return {};
    });
  });
}

Result<void> add_old_users(const auth::Services& s, uint64_t count) {
  TRY(add_users(s, count, true));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::numbers.put(tx, "schema_version", {1, {}});
    return {};
  });
}

// The users of the directory in an order that looks random but is always the same.
class Users {
 public:
  explicit Users(const auth::Services& s) : s_(s) {}

  Result<tables::User> next() {
    if (count_ == 0) {
      count_ = TRY(s_.store.read([](store::ReadTxn& tx) -> Result<uint64_t> {
        return tables::numbers.find(tx, "user_id").value_or(tables::Number{}).value;
      }));
    }
    if (count_ == 0) return Error{ErrorCode::not_found, "there are no users yet"};
    constexpr uint64_t kStride = 7'919;  // a prime: visits all of them, far from each other
    at_ = (at_ + kStride) % count_;
    return s_.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
      const std::optional<tables::User> user = tables::find_user(tx, UserId{at_ + 1});
      if (!user) return Error{ErrorCode::not_found, "a user is gone"};
      return *user;
    });
  }

 private:
  const auth::Services& s_;
  uint64_t count_ = 0;
  uint64_t at_ = 0;
};

auth::Origin origin_of(bool wants_cookie) {
  auth::Origin origin;
  origin.address = *IpAddress::parse("192.0.2.1");
  origin.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  origin.wants_cookie = wants_cookie;
  return origin;
}

Result<tables::Session> add_session(const auth::Services& s, const tables::User& user,
                                    bool wants_cookie) {
  tables::Session session = auth::new_session(s, origin_of(wants_cookie), {"pwd"}, s.clock.now());
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::Session> {
    auth::start_session(s, tx, session, user, {}, s.clock.now());
    return session;
  });
}

Result<void> add_sessions(const auth::Services& s, uint64_t count) {
  Users users(s);
  std::mutex mutex;  // guards `users`
  return in_pieces(count, [&](uint64_t first, uint64_t last) -> Result<void> {
    std::vector<std::pair<tables::User, tables::Session>> made;
    {
      const std::lock_guard lock(mutex);
      for (uint64_t i = first; i < last; ++i) {
        tables::User user = TRY(users.next());
        made.emplace_back(std::move(user),
                          auth::new_session(s, origin_of(false), {"pwd"}, s.clock.now()));
      }
    }
    return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (auto& [user, session] : made)
        auth::start_session(s, tx, session, user, {}, s.clock.now());
      return {};
    });
  });
}

// "authd_session=VALUE; Path=/…" -> "authd_session=VALUE"
std::string pair_of(const std::string& set_cookie) {
  return set_cookie.substr(0, set_cookie.find(';'));
}

Result<void> add_credentials(const auth::Services& s, uint64_t count) {
  Users users(s);
  for (uint64_t i = 0; i < count; ++i) {
    const tables::User user = TRY(users.next());
    const tables::Session by_token = TRY(add_session(s, user, false));
    const tables::Session by_cookie = TRY(add_session(s, user, true));
    const auth::Tokens tokens = TRY(auth::tokens_for(s, by_token, user, s.clock.now()));
    const auth::MadeApiKey key = TRY(auth::add_api_key(
        s, user.id, {}, {"bench", {std::string(auth::kVerifyScope)}}, origin_of(false)));
    JsonWriter json;
    json.begin_object()
        .field("username", user.username)
        .field("access", tokens.access.reveal())
        .field("refresh", tokens.refresh.reveal())
        .field("cookie", pair_of(auth::session_cookie(s, by_cookie, s.clock.now())))
        .field("api_key", key.text.reveal())
        .end_object();
    std::printf("%s\n", json.take().c_str());
  }
  return {};
}

// Clients that sign people in, by the algorithm of their ID tokens, and an API that asks about the
// tokens that they send it; with the secret that provider.py knows.
constexpr std::array kClients = {"bench_rs256", "bench_es256"};
constexpr const char* kApiClient = "bench_api";
constexpr const char* kApi = "https://api.bench.example";
constexpr std::string_view kClientSecret = "bench secret of 32 characters ...";

Result<void> add_clients(const auth::Services& s) {
  const Time created = s.clock.now() - std::chrono::hours(1);
  tables::Client api;
  api.id = api.name = kApiClient;
  api.secret_hash = crypto::sha256(kClientSecret);
  api.created_at = created;
  api.audiences = {kApi};
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::resources.put(tx, {kApi, "Bench", {}, 0, created, {}});
    tables::clients.put(tx, api);
    for (const char* id : kClients) {
      tables::Client client;
      client.id = id;
      client.name = id;
      client.secret_hash = crypto::sha256(kClientSecret);
      client.created_at = created;
      client.redirect_uris = {"https://bench.example/callback"};
      client.grant_types = {"authorization_code", "refresh_token"};
      client.pkce_optional = true;
      client.resources = {kApi};
      client.id_token_algorithm = client.id == "bench_es256" ? "ES256" : "";
      tables::clients.put(tx, client);
    }
    return {};
  });
}

tables::Grant grant_of(const auth::Services& s, const tables::User& user, std::string client) {
  const Time now = s.clock.now();
  tables::Grant grant;
  grant.id = s.random.bytes(16);
  grant.user = user.id;
  grant.client = std::move(client);
  grant.epoch = user.session_epoch;
  grant.scopes = {"openid", "profile", "email", "offline_access"};
  grant.resources = {kApi};
  grant.created_at = now;
  grant.auth_time = now;
  grant.amr = {"pwd"};
  grant.expires_at = now + std::chrono::hours(1);
  return grant;
}

// A few rows and index entries for each.
constexpr uint64_t kGrantsPerCommit = kRowsPerCommit / 3;

Result<void> add_codes(const auth::Services& s, uint64_t count) {
  TRY(add_clients(s));
  Users users(s);
  for (uint64_t first = 0; first < count; first += kGrantsPerCommit) {
    std::vector<std::pair<tables::Grant, auth::MadeGrantCode>> made;
    for (uint64_t i = first; i < std::min(first + kGrantsPerCommit, count); ++i) {
      const tables::User user = TRY(users.next());
      for (const char* client : kClients) {
        made.emplace_back(grant_of(s, user, client), auth::make_grant_code(s, s.clock.now()));
        auto& [grant, code] = made.back();
        code.row.grant = grant.id;
        code.row.client = client;
        code.row.redirect_uri = "https://bench.example/callback";
        std::printf("{\"client\":\"%s\",\"code\":\"%s\"}\n", client, code.code.c_str());
      }
    }
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (const auto& [grant, code] : made) {
        tables::grants.put(tx, grant);
        tables::grant_codes.insert(tx, code.row);
      }
      return {};
    }));
  }
  return {};
}

Result<void> add_grants(const auth::Services& s, uint64_t count) {
  TRY(add_clients(s));
  Users users(s);
  std::mutex mutex;  // guards `users`
  return in_pieces(count, [&](uint64_t first, uint64_t last) -> Result<void> {
    for (uint64_t begin = first; begin < last; begin += kGrantsPerCommit) {
      std::vector<tables::Grant> made;
      {
        const std::lock_guard lock(mutex);
        for (uint64_t i = begin; i < std::min(begin + kGrantsPerCommit, last); ++i) {
          made.push_back(grant_of(s, TRY(users.next()), kClients[1]));
          made.back().is_open = true;
          made.back().generation = 1;
        }
      }
      TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
        for (const tables::Grant& grant : made)
          tables::grants.put(tx, grant);
        return {};
      }));
    }
    return {};
  });
}

tables::Passkey passkey_of(const tables::User& user, const test::CredentialKey& key, Time now) {
  tables::Passkey passkey;
  passkey.user = user.id;
  passkey.id = user.passkey_handle;
  passkey.id_hash = crypto::sha256(passkey.id);
  passkey.public_key = key.cose();
  passkey.algorithm = "ES256";
  passkey.uv_initialized = true;
  passkey.is_discoverable = true;
  passkey.rp_id = "localhost";
  passkey.name = "bench";
  passkey.created_at = now;
  return passkey;
}

// What a page at http://localhost:8080 sends after navigator.credentials.get().
void print_login(const auth::Services& s, const tables::User& user,
                 const test::CredentialKey& key) {
  test::AssertionParts parts;
  parts.client.challenge =
      auth::make_passkey_challenge(s, auth::ChallengePurpose::login, "", s.clock.now());
  parts.client.origin = "http://localhost:8080";
  parts.data.rp_id = "localhost";
  parts.data.id = user.passkey_handle;
  const auth::AssertionResponse made = parts.response(key);
  JsonWriter json;
  json.begin_object().key("response").begin_object();
  json.field("id", base64url_encode(made.credential_id))
      .field("rawId", base64url_encode(made.credential_id))
      .field("type", "public-key");
  json.key("response").begin_object();
  json.field("clientDataJSON", base64url_encode(made.client_data_json))
      .field("authenticatorData", base64url_encode(made.authenticator_data))
      .field("signature", base64url_encode(made.signature))
      .field("userHandle", base64url_encode(user.passkey_handle))
      .end_object();
  json.end_object().end_object();
  std::printf("%s\n", json.take().c_str());
}

Result<void> add_passkeys(const auth::Services& s, uint64_t count) {
  const test::CredentialKey key(crypto::Algorithm::es256);
  Users users(s);
  for (uint64_t first = 0; first < count; first += kGrantsPerCommit) {
    std::vector<tables::User> some;
    for (uint64_t i = first; i < std::min(first + kGrantsPerCommit, count); ++i) {
      some.push_back(TRY(users.next()));
      some.back().passkey_handle = s.random.bytes(32);
      some.back().passkeys = 1;
    }
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (const tables::User& user : some) {
        tables::put_user(tx, user);
        tables::passkeys.insert(tx, passkey_of(user, key, s.clock.now()));
      }
      return {};
    }));
    for (const tables::User& user : some)
      print_login(s, user, key);
  }
  return {};
}

// A client that gets tokens for itself.
Result<tables::Client> put_job(const auth::Services& s) {
  tables::Client client;
  client.id = client.name = "bench_job";
  client.secret_hash = crypto::sha256(kClientSecret);
  client.created_at = s.clock.now() - std::chrono::hours(1);
  client.grant_types = {"client_credentials"};
  client.resources = {kApi};
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::resources.put(tx, {kApi, "Bench", {}, 0, client.created_at, {}});
    tables::clients.put(tx, client);
    return {};
  }));
  return client;
}

// The proofs are from the near future, so that a server which has just begun takes them.
Result<void> print_proofs(const auth::Services& s, uint64_t count, crypto::Algorithm algorithm) {
  const tables::Client client = TRY(put_job(s));
  test::ProofKey key(algorithm);
  const Time now = s.clock.now();
  auth::TokenWishes wishes{{kApi}, {}, Seconds(600)};
  const auth::ClientToken bearer = TRY(auth::mint_own_token(s, client, wishes, now));
  wishes.jkt = key.jkt();
  const auth::ClientToken bound = TRY(auth::mint_own_token(s, client, wishes, now));
  const std::string hash = base64url_encode(crypto::sha256(bound.token.reveal()));
  std::printf("%s\n%s\n", std::string(bound.token.reveal()).c_str(),
              std::string(bearer.token.reveal()).c_str());
  for (uint64_t i = 0; i < count; ++i) {
    const std::string proof = key.make(std::string(kApi) + "/orders", now + auth::kProofAhead,
                                       [&](test::ProofText& text) {
                                         text.htm = "GET";
                                         text.ath = hash;
                                       });
    std::printf("%s\n", proof.c_str());
  }
  return {};
}

Result<void> measure_commits(const auth::Services& s, uint64_t count) {
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < count; ++i) {
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::numbers.put(tx, "bench", {i, {}});
      return {};
    }));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", static_cast<double>(count) / took.count());
  return {};
}

Result<void> run(const std::string& directory, const std::string& what, uint64_t count) {
  config::Sources sources;
  sources.default_file.clear();
  sources.flags = {{"server.data_dir", directory, "DIR"}};
  const config::Loaded loaded = TRY(config::load(sources));
  const SystemClock clock;
  SystemRandom random;
  const auto instance = TRY(server::Instance::open(loaded.config, null_log(), clock, random));
  const auth::Services& s = instance->services();
  if (what == "users") return add_users(s, count, false);
  if (what == "old_users") return add_old_users(s, count);
  if (what == "sessions") return add_sessions(s, count);
  if (what == "credentials") return add_credentials(s, count);
  if (what == "codes") return add_codes(s, count);
  if (what == "passkeys") return add_passkeys(s, count);
  if (what == "grants") return add_grants(s, count);
  if (what == "es256_proofs") return print_proofs(s, count, crypto::Algorithm::es256);
  if (what == "rs256_proofs") return print_proofs(s, count, crypto::Algorithm::rs256);
  if (what == "commits") return measure_commits(s, count);
  if (what == "searches") return bench::measure_searches(s, count);
  if (what == "writes") return bench::measure_writes(s, count);
  return Error{ErrorCode::usage, "there is nothing called " + what};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr,
                 "bench_fill DIR users|old_users|sessions|credentials|codes|passkeys|grants|"
                 "es256_proofs|rs256_proofs|commits|searches|writes N\n");
    return 2;
  }
  const Result<void> done = run(argv[1], argv[2], std::stoull(argv[3]));
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
