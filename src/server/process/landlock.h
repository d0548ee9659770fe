// Where in the file system the server may write, and what it may execute (landlock(7), Linux 5.19).
#pragma once

#include <string>

#include "base/log.h"
#include "config/config.h"

namespace authd::server {

// From now on, this thread and everything it starts can create, change and remove files below the
// data directory and the directories of backups and mail files, can remove their own unix sockets,
// and can execute no file but this program's own. Reading is not restricted: certificates and
// configuration may be anywhere, and link to anywhere. With Linux 6.12 they can send signals only
// to this process and to those that it starts.
//
// The rule applies to the directories that exist now. A missing directory is normal (a disk that is
// mounted later), so then nothing is restricted, and the log says so. A directory that is mounted
// or re-created while the server runs cannot be written to until the server restarts.
void restrict_files(const config::Config& config, Log& log);

// The same, with one directory instead of those: for a thread that needs no more.
void restrict_files_to(const std::string& directory, Log& log);

}  // namespace authd::server
