// A PostgreSQL of this test program's own: started when it is first asked for, on a unix socket in
// a directory of its own, and gone with the program.
#pragma once

#include <string>

namespace authd::test {

// Where it listens, as store.url. Throws if the package postgresql is missing (make packages.test).
const std::string& postgresql_url();

// A name that no other engine of this program has used.
std::string fresh_schema();

// Runs SQL, as the superuser unless `url` says otherwise. Throws if it fails.
void run_sql(const std::string& sql, const std::string& url = postgresql_url());

}  // namespace authd::test
