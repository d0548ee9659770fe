// Other processes, in words for an operator.
#pragma once

#include <string>

namespace authd {

// "process 4711 (authd import, stopped)", for the number of a process or of one of its threads. The
// words in brackets are missing where the system does not let this process see them. Arguments
// after the name of the command are left out: they may hold names and paths of people.
std::string describe_process(int id);

}  // namespace authd
