// Returns memory that was needed to start and is not needed to serve.
#pragma once

namespace authd::server {

// Returns the pages of this executable's code that were mapped during the start. They are in the
// file, and the kernel maps them again when they are needed, at the cost of a page fault. Half of
// the resident memory of an idle server is such code. Does no harm if the system ignores it.
void forget_startup_code();

}  // namespace authd::server
