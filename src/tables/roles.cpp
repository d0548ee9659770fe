#include "tables/roles.h"

#include "base/check.h"

namespace authd::tables {

std::optional<Role> find_role(store::Reader& tx, RoleId id) {
  return roles.find(tx, big_endian(id.value));
}

std::optional<Role> find_role_by_name(store::Reader& tx, std::string_view name) {
  return roles.find_by<role_names>(tx, name);
}

void insert_role(store::WriteTxn& tx, const Role& role) {
  CHECK(role.id.value != 0);
  roles.insert(tx, role);
}

void remove_role(store::WriteTxn& tx, const Role& role) {
  roles.remove(tx, role);
}

}  // namespace authd::tables
