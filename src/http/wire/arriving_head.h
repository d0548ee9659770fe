// The head of the request that is arriving. It is parsed once: while its body comes in, perhaps
// byte by byte, only its views move along with the buffer.
#pragma once

#include "http/wire/head.h"

namespace authd::http {

class ArrivingHead {
 public:
  // What there is of the head at the front of `buffer`, which has only grown since the last call;
  // it may be in another place by now. Once complete it stays complete. The views of the result
  // lead into `buffer`. The result lives until the next call of any of these functions.
  const HeadResult& read(std::string_view buffer, size_t max_header);

  // The complete head; CHECKs that it is.
  const Head& head() const;

  // The same for whoever answers the request; the next one can arrive.
  Head take();

 private:
  size_t searched_ = 0;  // of the buffer, without finding the end of the head
  HeadResult result_;
};

}  // namespace authd::http
