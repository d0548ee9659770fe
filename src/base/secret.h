// A string that must not leak: its destructor wipes it, and it cannot be copied by accident,
// streamed, formatted or compared with ==. Code that needs the text calls reveal(), which is easy
// to find in a review.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace authd {

// Overwrites the bytes. The compiler does not remove this.
void wipe(std::string& text);

// `Tag` gives each kind of secret its own type, so that two of them cannot be swapped.
template <typename Tag>
class Secret {
 public:
  Secret() = default;
  // Wipes what a move leaves behind: a move copies a short text out of the string object.
  explicit Secret(std::string text) : text_(std::move(text)) { wipe(text); }
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = std::move(other.text_);
      wipe(other.text_);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(text_); }

  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

using Password = Secret<struct PasswordTag>;            // as a person typed it, UTF-8
using RefreshToken = Secret<struct RefreshTokenTag>;    // the text form on the wire
using AccessToken = Secret<struct AccessTokenTag>;      // a JWT, compact form
using ClientSecret = Secret<struct ClientSecretTag>;    // of an introspection client
using OneTimeSecret = Secret<struct OneTimeSecretTag>;  // a mailed token or code, or a TOTP code
using SecretKey = Secret<struct SecretKeyTag>;          // raw key bytes

}  // namespace authd
