// What starting has left in memory and serving does not need.
#pragma once

namespace authd::server {

// Gives back the pages of this executable's code that were mapped while it started: they are in the
// file, and what is called again comes back by itself, at the cost of a page fault. Half of the
// resident memory of an idle server is such code. Harmless where the system does not do it.
void forget_startup_code();

}  // namespace authd::server
