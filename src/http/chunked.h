// The chunked transfer coding (RFC 9112 section 7.1), decoded piece by piece with every length
// bounded. Extensions and trailers are read over, within a bound.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace authd::http {

class ChunkedDecoder {
 public:
  enum class State { more, done, malformed, too_large };

  explicit ChunkedDecoder(size_t max_body) : max_body_(max_body) {}

  // Decodes from the front of `input`, moves `used` to where it stopped and appends to body().
  State feed(std::string_view input, size_t& used);

  std::string& body() { return body_; }

 private:
  enum class Step { size_line, data, data_end, trailer };
  State take_size_line(std::string_view line);

  size_t max_body_;
  std::string body_;
  Step step_ = Step::size_line;
  size_t left_ = 0;      // of the chunk that is being read
  size_t overhead_ = 0;  // bytes of size lines and trailers so far
};

}  // namespace authd::http
