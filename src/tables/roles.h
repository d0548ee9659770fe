// Roles by id and by name.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

std::optional<Role> find_role(store::Reader& tx, RoleId id);
std::optional<Role> find_role_by_name(store::Reader& tx, std::string_view name);

// Inserts a role with a new id and a free name.
void insert_role(store::WriteTxn& tx, const Role& role);

// Removes the role that was read (two writes). Users may still have its id, which grants nothing.
void remove_role(store::WriteTxn& tx, const Role& role);

}  // namespace authd::tables
