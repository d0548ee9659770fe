// The binary form of COPY, for rows of two bytea columns (PostgreSQL's documentation of COPY,
// "Binary Format").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "base/result.h"

namespace authd::store {

// Reads the form from pieces that end anywhere. A form that is not this is `unavailable`.
class BinaryCopyReader {
 public:
  using Take = FunctionRef<void(std::string_view key, std::string_view value)>;
  // `take` must outlive this.
  explicit BinaryCopyReader(Take take) : take_(take) {}
  Result<void> take(std::string_view piece);
  // After the last piece. An error unless the form came to its end.
  Result<void> finish() const;

 private:
  bool read_head();
  Result<bool> read_row();

  Take take_;
  std::string rest_;
  size_t at_ = 0;
  bool has_head_ = false;
  bool is_done_ = false;
};

// Writes it, with a third column of bigint: the head, then rows, then the end.
void append_copy_head(std::string& out);
void append_copy_row(std::string& out, std::string_view key, std::string_view value,
                     uint64_t revision);
void append_copy_end(std::string& out);

}  // namespace authd::store
