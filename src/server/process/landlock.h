// Where in the file system the server may write, and what it may execute (landlock(7), Linux 5.19).
#pragma once

#include "base/log.h"
#include "config/config.h"

namespace authd::server {

// From now on this thread and all it starts can make, change and remove files below the data
// directory and the directories of backups and mail files, can remove their own unix sockets, and
// can execute no file but this program's own. Reading is not restricted: certificates and
// configuration may lie, and link to, anywhere. With Linux 6.12 they can send signals only to this
// process and to those that it starts.
//
// A directory is what it is at this moment. One that is not there yet is an ordinary state (a disk
// that is mounted later), so then nothing is restricted, and the log says so; one that is mounted
// or made anew while the server runs cannot be written to until it is started again.
void restrict_files(const config::Config& config, Log& log);

}  // namespace authd::server
