#include "mail/logo.h"

#include "base/file.h"
#include "web/brand.h"

namespace authd::mail {

Result<Picture> read_logo(const config::Branding& branding) {
  if (branding.logo.empty()) return Picture{};
  std::string bytes = TRY(read_file(branding.logo, web::kMaxLogo));
  const std::string_view type = web::image_type(bytes);
  const bool is_shown = type == "image/png" || type == "image/jpeg";
  if (!is_shown || bytes.size() > kMaxLogo) return Picture{};
  return Picture{std::string(type), std::move(bytes)};
}

}  // namespace authd::mail
