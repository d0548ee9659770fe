// Prints the OpenAPI document of every route, for the tests that hold replies against it.
#include <iostream>

#include "api/openapi.h"
#include "api/routes.h"

int main() {
  std::cout << authd::api::openapi_document(authd::api::all_routes(), "http://127.0.0.1:8080")
            << "\n";
}
