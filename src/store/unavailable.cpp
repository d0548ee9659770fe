#include "store/unavailable.h"

#include <new>

#include "base/out_of_memory.h"

namespace authd::store {

Error unavailable() noexcept {
  try {
    return Error{.code = ErrorCode::unavailable,
                 .message = "The service is not available; try again later.",
                 .retry_after_s = 1};
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace authd::store
