// What the files of `authd apply` declare, in the types of auth/: roles, resources, clients and
// users. Whether it fits what is in the store: plan.h.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/account/put_account.h"
#include "auth/oauth/clients/client_put.h"
#include "auth/upkeep/state/state_file.h"
#include "base/function_ref.h"
#include "tables/schema.h"

namespace authd::auth::state {

// In the order in which they are applied: clients name roles and resources, users name roles.
enum class Kind { role, resource, client, user };
inline constexpr std::array kAllKinds = {Kind::role, Kind::resource, Kind::client, Kind::user};
std::string_view word_of(Kind kind);     // "role"
std::string_view section_of(Kind kind);  // "roles"

inline constexpr size_t kMaxDeclared = 10'000;  // of one kind

// Where a thing stands, and each of its members.
struct Source {
  std::string place;
  std::map<std::string, std::string, std::less<>> members;

  // The place of the member that an error is about; of the thing, if it does not stand there.
  const std::string& place_of(std::string_view field) const;
};

template <typename T>
struct Declared {
  std::string name;  // as in the file
  Source source;
  T wanted;
};

struct Declarations {
  std::vector<Declared<tables::Role>> roles;
  std::vector<Declared<tables::Resource>> resources;
  std::vector<Declared<WantedClient>> clients;
  std::vector<Declared<WantedAccount>> users;
  std::vector<Kind> kinds;  // that have a section, which may be empty
};

// All that is wrong, a line each.
class Problems {
 public:
  void add(const Source& source, Kind kind, const std::string& name, const Error& error);
  void add(const Error& error);
  bool empty() const { return lines_.empty(); }
  Error error() const;  // `invalid`

 private:
  std::vector<std::string> lines_;
};

// The variable's value; empty if it is not set.
using Environment = FunctionRef<std::string(const std::string& name)>;

// Reads the files of secrets as well. Error: `invalid` with all problems, among them a name that is
// there twice, an unknown section or member, and a wrong type.
Result<Declarations> declarations_of(const std::vector<StateEntry>& entries,
                                     Environment environment);

}  // namespace authd::auth::state
