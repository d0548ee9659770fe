// The chunked transfer coding (RFC 9112 section 7.1), decoded piece by piece with every length
// bounded. Extensions and trailers are skipped, within a bound.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace authd::http {

class ChunkedDecoder {
 public:
  enum class State { more, done, malformed, too_large };

  explicit ChunkedDecoder(size_t max_body) : max_body_(max_body) {}

  // From `begin` on, `buffer` holds the size() bytes that are already decoded, followed by what has
  // arrived since. Decodes in place, so that a body is never held twice: on return there are more
  // decoded bytes, followed by those that were not consumed yet.
  State feed(std::string& buffer, size_t begin);

  // Length of the decoded body so far.
  size_t size() const { return size_; }

 private:
  enum class Step { size_line, data, data_end, trailer };
  State take_size_line(std::string_view line);
  State take_line(std::string_view line);

  size_t max_body_;
  size_t size_ = 0;
  Step step_ = Step::size_line;
  size_t left_ = 0;      // of the chunk that is being read
  size_t overhead_ = 0;  // bytes of size lines and trailers so far
};

}  // namespace authd::http
