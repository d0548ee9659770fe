#include "tables/roles.h"

#include "base/check.h"

namespace authd::tables {

std::optional<Role> find_role(store::Reader& tx, RoleId id) {
  return roles.find(tx, big_endian(id.value));
}

std::optional<Role> find_role_by_name(store::Reader& tx, std::string_view name) {
  if (name.empty() || name.size() >= store::kMaxKeyBytes) return std::nullopt;
  const std::optional<Reference> entry = role_names.find(tx, name);
  if (!entry) return std::nullopt;
  return find_role(tx, RoleId{entry->id});
}

void insert_role(store::WriteTxn& tx, const Role& role) {
  CHECK(role.id.value != 0 && !find_role_by_name(tx, role.name));
  roles.put(tx, big_endian(role.id.value), role);
  role_names.put(tx, role.name, Reference{role.id.value, {}});
}

}  // namespace authd::tables
