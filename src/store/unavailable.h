// What every engine returns for a closure that failed with a fault.
#pragma once

#include <exception>

#include "base/result.h"

namespace authd::store {

// The one text that a client sees; the cause is in the log. Allocates little, and never throws.
Error unavailable() noexcept;

// What `work` returns, a Result<void>. A Fault or any other exception (most likely out of memory)
// becomes `unavailable`, and `note` gets the cause as text, for the log.
template <typename Work, typename Note>
Result<void> shielded(Work work, const Note& note) {
  try {
    return work();
  } catch (const std::exception& failure) {
    note(failure.what());
  } catch (...) {
    note("an exception that is not of the standard library");
  }
  return unavailable();
}

}  // namespace authd::store
