// A Result that nobody looks at: the refusal in it would be lost.
// refused: ignoring returned value of type 'authd::Result<int>'
#include "base/result.h"

authd::Result<int> count_users();

bool count_and_forget() {
#ifdef FIXED
  return count_users().has_value();
#else
  count_users();
  return true;
#endif
}
