#include "http/wire/arriving_head.h"

#include "base/check.h"

namespace authd::http {

const HeadResult& ArrivingHead::read(std::string_view buffer, size_t max_header) {
  if (result_.parsed == Parsed::complete) {
    result_.head.follow(buffer);
  } else {
    result_ = parse_head(buffer, searched_, max_header);
  }
  return result_;
}

const Head& ArrivingHead::head() const {
  CHECK(result_.parsed == Parsed::complete);
  return result_.head;
}

Head ArrivingHead::take() {
  CHECK(result_.parsed == Parsed::complete);
  Head head = std::move(result_.head);
  *this = ArrivingHead();
  return head;
}

}  // namespace authd::http
