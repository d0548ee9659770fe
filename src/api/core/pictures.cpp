#include "api/core/pictures.h"

#include "api/core/accepted.h"
#include "api/core/forms.h"
#include "http/wire/body.h"
#include "http/wire/head.h"
#include "http/wire/multipart.h"

namespace authd::api {
namespace {

bool has_type(const http::Request& request, std::string_view prefix) {
  const std::string_view type = request.header("content-type").value_or("");
  return http::equal_names(type.substr(0, prefix.size()), prefix);
}

// If-None-Match contains the version (RFC 9110 section 13.1.2); a proxy may have made it weak.
bool is_known(const http::Request& request, const std::string& etag) {
  std::string_view rest = request.header("if-none-match").value_or("");
  if (rest == "*") return true;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return false;
}

}  // namespace

Result<Picture> picture_in(const Context& context) {
  const http::Request& request = context.request;
  TRY(http::check_no_coding(request));
  if (http::is_multipart(request)) return Picture(TRY(http::multipart_file(request)));
  if (has_type(request, "image/")) return Picture(std::string_view(request.body));
  if (!has_type(request, "application/json")) {
    return Error{ErrorCode::unsupported,
                 "Send the image as multipart/form-data, as the body (Content-Type: image/…), or "
                 "as JSON {\"image\": \"<base64>\"}."};
  }
  http::FormWithFile form = TRY(http::json_body_with_file(request, "image"));
  if (context.accepted != nullptr) TRY(check_members(*context.accepted, form.form));
  if (!form.file) return Error{ErrorCode::invalid, "The field is missing.", "image"};
  return Picture(std::move(*form.file));
}

http::Reply picture_reply(const http::Request& request, tables::Avatar picture) {
  const std::string etag = '"' + picture.version + '"';
  http::Reply reply;
  if (is_known(request, etag)) {
    reply.status = 304;
  } else {
    reply.content_type = "image/jpeg";
    reply.body = std::move(picture.jpeg);
  }
  return std::move(reply).with("ETag", etag);
}

}  // namespace authd::api
