// A row in every table, as the code of the server would write it: for the fixtures of each schema
// (tests/golden), the check of the store and whatever walks the list of tables.
#pragma once

#include "support/instance.h"

namespace authd::test {

// Adds the user "ben", who owns something in every table of owned rows, and a row to each table
// that a server fills only now and then. Returns ben's id.
UserId put_every_row(Instance& t);

}  // namespace authd::test
