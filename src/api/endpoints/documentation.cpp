// The description of the API: /openapi.json, and the pages that show it, /docs and /redoc
// (src/web/docs, redoc).
#include "api/contract/openapi.h"
#include "api/endpoints/endpoints.h"
#include "base/check.h"

namespace authd::api {
namespace {

http::Reply page(const Context& context, std::string_view path) {
  for (const std::unique_ptr<web::File>& file : context.api.site.files()) {
    if (file->path() == path) return file->serve(context.request);
  }
  UNREACHABLE();  // It is embedded.
}

}  // namespace

Result<http::Reply> openapi(const Context& context) {
  return web::serve(context.api.documentation.document(), context.request);
}

Result<http::Reply> docs(const Context& context) {
  return page(context, "/docs/index.html");
}

Result<http::Reply> redoc(const Context& context) {
  return page(context, "/redoc/index.html");
}

}  // namespace authd::api
