// Other processes, in words for an operator.
#pragma once

#include <string>

namespace authd {

// "process 4711 (authd import, stopped)", for the number of a process or of one of its threads. The
// words in brackets are missing if the system hides them from this process. Arguments after the
// name of the command are left out: they may contain names and paths of people.
std::string describe_process(int id);

}  // namespace authd
