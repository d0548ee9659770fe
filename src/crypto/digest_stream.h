// SHA-1 and SHA-256 (FIPS 180-4) of bytes that come in pieces. SHA-1 is only for lists of
// passwords, which others have made with it (password_list.h): nothing relies on its strength.
#pragma once

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace authd::crypto {

// Can be used again after finish(). Throws std::bad_alloc when memory is short.
class DigestStream {
 public:
  enum class Algorithm { sha1, sha256 };

  explicit DigestStream(Algorithm algorithm);
  ~DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;

  void add(std::string_view bytes);
  std::string finish();  // raw bytes: 20 or 32

 private:
  void start();

  const Algorithm algorithm_;
  evp_md_ctx_st* context_;
};

inline constexpr size_t kSha1Bytes = 20;
std::string sha1(std::string_view bytes);

}  // namespace authd::crypto
