// Deleting a user. One small transaction takes the user's row away, with the names, and puts a mark
// (`erasures`): from then on the user is gone for every reader, and the names are free. What the
// user owned (every table with an owner in schema.h) is erased after that, in as many transactions
// as it takes, and the mark goes last. A process that ends in between loses nothing: the server's
// job goes on with every mark that it finds.
//
// Nothing may be added for a user who is gone: whatever writes a row of a user reads the user in
// the same transaction.
#pragma once

#include "tables/schema.h"

namespace authd::tables {

// Takes the user away and puts the mark.
void mark_erased(store::WriteTxn& tx, const User& user, Time now);
inline constexpr size_t kMarkErasedWrites = decltype(users)::kDelWrites + 1;

// Whether something of a user of this id may still be there: the id is not free.
bool is_being_erased(store::Reader& tx, UserId user);

// Removes everything that a user who is marked owned, then the mark. Does nothing without a mark.
Result<void> erase_owned(store::Store& store, UserId user);

// erase_owned() of the first user who is marked. False: nobody is.
Result<bool> erase_next(store::Store& store);

}  // namespace authd::tables
