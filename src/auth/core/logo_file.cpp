#include "auth/core/logo_file.h"

#include "base/file.h"
#include "media/avatar.h"

namespace authd::auth {
namespace {

// The converter's other errors (`busy`, `unavailable`) are this machine's.
bool is_about_file(const Error& error) {
  return error.code == ErrorCode::invalid || error.code == ErrorCode::too_large;
}

}  // namespace

Result<std::optional<std::string>> read_logo_file(const Services& s, std::string_view key,
                                                  const std::string& file) {
  const auto wrong = [&](std::string message) {
    return Error{ErrorCode::invalid, std::move(message), std::string(key)};
  };
  const Result<std::string> picture = read_file(file, media::kMaxFile);
  if (!picture) return wrong(picture.error().message);
  Result<std::string> jpeg = s.images.to_avatar(*picture);
  if (jpeg) return std::optional(std::move(*jpeg));
  if (is_about_file(jpeg.error())) return wrong(file + ": " + jpeg.error().message);
  s.log.warn("a logo of the configuration is left out: this machine cannot decode it now",
             {{"key", key}, {"file", file}, {"cause", jpeg.error().message}});
  return std::optional<std::string>();
}

}  // namespace authd::auth
