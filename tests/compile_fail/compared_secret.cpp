// Secrets compared with ==, which stops at the first difference and so tells how far a guess goes.
// refused: no match for 'operator=='
#include "base/secret.h"

bool same(const authd::ClientSecret& a, const authd::ClientSecret& b) {
#ifdef FIXED
  return a.empty() && b.empty();
#else
  return a == b;
#endif
}
