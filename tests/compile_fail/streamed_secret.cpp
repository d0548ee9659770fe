// A secret written to a stream, an exception's text or a reply that is put together by one.
// refused: no match for 'operator<<'
#include <ostream>

#include "base/secret.h"

void write(std::ostream& out, const authd::RefreshToken& token) {
#ifdef FIXED
  out << token.reveal();
#else
  out << token;
#endif
}
