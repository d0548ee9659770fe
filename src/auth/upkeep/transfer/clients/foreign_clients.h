// Clients of other providers, in the JSON that they write. Each reader turns what it finds into
// members of a client (config/client_members.h). What it cannot carry over becomes a note; if the
// client would then let in more people than before, or would not work, it becomes a problem, and
// the client is not imported at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/oauth/clients/client_members.h"
#include "base/json.h"
#include "base/secret.h"

namespace authd::auth::transfer {

inline constexpr size_t kMaxClientFile = 32 << 20;  // bytes

struct ForeignClient {
  std::string id;
  std::string name;
  std::vector<ClientChange> members;
  ClientSecret secret;             // in the clear; empty: none
  std::string secret_hash;         // as in a ClientSecretRow; empty: none
  std::vector<std::string> notes;  // sentences for people
  std::string problem;             // why it cannot be imported; empty: it can
  bool is_built_in = false;        // of the other provider itself, and nobody misses it

  void set(std::string_view member, MemberValue value);  // an empty text or list sets nothing
  void note(std::string text) { notes.push_back(std::move(text)); }
};

struct ClientFormat {
  const char* name;
  // The clients of a file, whose top level is an object; for an array, that has the one member
  // "clients". Error: `invalid`, if there are none in it.
  Result<std::vector<ForeignClient>> (*read)(const JsonObject& file);
};

Result<std::vector<ForeignClient>> read_authelia_clients(const JsonObject& file);
Result<std::vector<ForeignClient>> read_keycloak_clients(const JsonObject& file);
Result<std::vector<ForeignClient>> read_hydra_clients(const JsonObject& file);
Result<std::vector<ForeignClient>> read_pocket_id_clients(const JsonObject& file);

std::vector<ClientFormat> client_formats();

// Errors: `invalid`, if the text is not JSON or has no clients; `too_large`.
Result<std::vector<ForeignClient>> read_foreign_clients(const ClientFormat& format,
                                                        std::string_view text);

// For the readers.

// The members of one client in the file. Afterwards it is known which members were never asked for.
class ForeignMembers {
 public:
  explicit ForeignMembers(const JsonObject& json) : json_(json) {}

  // Absent and null are empty, and false or `otherwise`. Errors: `invalid`, with the field. A text
  // may also be a flag or a number, as some exports have them.
  Result<std::string> text(const char* name);
  Result<bool> flag(const char* name, bool otherwise = false);
  Result<std::vector<std::string>> list(const char* name);
  // Whether there is something under the name: not null, false, zero or empty.
  bool has(const char* name);
  void pass_over(std::initializer_list<const char*> names);
  // What is there, was not asked for, and says something.
  std::vector<std::string> rest() const;

 private:
  const JsonObject& json_;
  std::vector<std::string> asked_;
};

// The objects under the name. Error: `invalid`, if there are none.
Result<std::vector<JsonObject>> clients_under(const JsonObject& file, const char* name);

// Reads each; an error becomes the problem of its client.
using ReadClient = Result<void> (*)(const JsonObject& json, ForeignClient& client);
std::vector<ForeignClient> read_each(const std::vector<JsonObject>& all, ReadClient read);

// Grant types and response types of OAuth, as far as this server has them; others become notes.
// Problem: a client that signs people in only by the implicit grant.
void set_grants(ForeignClient& client, const std::vector<std::string>& grant_types,
                const std::vector<std::string>& response_types);

// How it authenticates ("none": public). Problem: a way that this server does not have.
void set_auth_method(ForeignClient& client, std::string_view method);

// The hash of its secret, or the secret itself if it has no form of a hash.
void set_secret(ForeignClient& client, std::string text);

// Of its ID tokens or of userinfo, with this member; "none" and empty: the default.
void set_algorithm(ForeignClient& client, std::string_view member, std::string_view algorithm);

void note_rest(ForeignClient& client, const ForeignMembers& members);

}  // namespace authd::auth::transfer
