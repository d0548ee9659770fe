// Pictures that are uploaded and served.
#pragma once

#include <string>
#include <string_view>

#include "api/core/context.h"
#include "tables/schema.h"

namespace authd::api {

// The largest body that brings a picture: a file of media::kMaxFile in base64.
inline constexpr size_t kMaxAvatarBody = 7 << 20;

// A file in a request. It lives as long as the request.
class Picture {
 public:
  explicit Picture(std::string_view inside) : inside_(inside) {}
  explicit Picture(std::string decoded) : decoded_(std::move(decoded)), is_decoded_(true) {}
  std::string_view file() const { return is_decoded_ ? std::string_view(decoded_) : inside_; }

 private:
  std::string_view inside_;
  std::string decoded_;
  bool is_decoded_ = false;
};

// The body is multipart/form-data with one file, image/* with the file as the body, or
// {"image": "<base64>"}. The type that the client declares is ignored. Errors: `unsupported`;
// `malformed`; `invalid`, with the field.
Result<Picture> picture_in(const Context& context);

// The picture with its ETag; 304 if the client has it.
http::Reply picture_reply(const http::Request& request, tables::Avatar picture);

}  // namespace authd::api
