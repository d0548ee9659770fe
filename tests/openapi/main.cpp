// Writes the OpenAPI document of every route to the named file, for the tests that check replies
// against it.
#include <fstream>

#include "api/contract/openapi.h"
#include "api/routes.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::ofstream out(arguments[1]);
  out << authd::api::openapi_document(authd::api::all_routes(), "http://localhost:8080") << "\n";
  return out.flush() ? 0 : 1;
}
