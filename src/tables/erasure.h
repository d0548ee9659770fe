// Deleting a user. One small transaction removes the user's row and names, and adds a mark
// (`erasures`). From then on the user is gone for every reader, and the names are free. What the
// user owned (every table with an owner in schema.h) is erased after that, in as many transactions
// as needed, and the mark is removed last. If the process ends in between, nothing is lost: the
// server's job continues with every mark that it finds.
//
// Notices of a sign-out (logout_notices) are expanded from what the user owned, so nothing of it is
// erased while there are any (auth/core/logout_notices.h).
//
// Nothing may be added for a deleted user: code that writes a row of a user reads the user in the
// same transaction.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// Removes the user and adds the mark.
void mark_erased(store::WriteTxn& tx, const User& user, Time now);
inline constexpr size_t kMarkErasedWrites = decltype(users)::kDelWrites + 1;

// Whether data of a user with this id may still exist: the id is not free.
bool is_being_erased(store::Reader& tx, UserId user);

// Removes everything that a marked user owned, then the mark. Does nothing without a mark, or while
// there is a notice about the user.
Result<void> erase_owned(store::Store& store, UserId user);

// erase_owned() for the first marked user of whom it removes something. False: there is nobody.
Result<bool> erase_next(store::Store& store);

}  // namespace authd::tables
