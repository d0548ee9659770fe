// A directory that is there for one test, and gone with all that is in it afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace authd::test {

class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "authd-test.XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace authd::test
