// Runs a target without libFuzzer: every file of its corpus, then inputs derived from them, always
// the same ones. If one ends the process, its bytes are written to a file, for `FILE` below.
//   fuzz_NAME CORPUS COUNT [SECONDS]   COUNT made inputs, fewer when SECONDS (10) are over
//   fuzz_NAME FILE                     one input
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "base/time.h"
#include "target.h"

extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

using namespace authd;

std::string input;       // that is running now
std::string crash_file;  // where it is written if it is the last one

// Async-signal-safe; called by a signal or by a sanitizer.
void keep_input() {
  const int fd = open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const bool is_kept = write(fd, input.data(), input.size()) == static_cast<ssize_t>(input.size());
  constexpr std::string_view kNotice = "\nthe input is in ";
  if (is_kept && write(STDERR_FILENO, kNotice.data(), kNotice.size()) > 0 &&
      write(STDERR_FILENO, crash_file.data(), crash_file.size()) > 0) {
    const ssize_t done = write(STDERR_FILENO, "\n", 1);
    static_cast<void>(done);
  }
  close(fd);
}

void on_signal(int number) {
  std::signal(number, SIG_DFL);
  keep_input();
  raise(number);
}

void watch_for_the_end(const char* program) {
  crash_file = std::string(program) + ".crash";
  // The sanitizers have their own handlers, which call back.
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&keep_input);
  std::signal(SIGABRT, &on_signal);
  if (__sanitizer_set_death_callback == nullptr) std::signal(SIGSEGV, &on_signal);
}

std::string read_input(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Sorted by name, so that every machine has the same order.
std::vector<std::string> read_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths)
    corpus.push_back(read_input(path));
  return corpus;
}

// The standard's generator gives the same numbers everywhere; its distributions do not.
class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

  std::string make() {
    std::string text = pick();
    for (size_t changes = 1 + below(6); changes > 0; --changes)
      change(text);
    text.resize(std::min(text.size(), fuzz::kMaxInput));
    return text;
  }

 private:
  size_t below(size_t count) { return generator_() % count; }
  const std::string& pick() { return corpus_[below(corpus_.size())]; }

  void change(std::string& text) {
    constexpr std::string_view kOdd("\0\xff\x7f\x80 \r\n\t\"'\\/%{}[]<>,;:=&?#@.-+019aZ", 35);
    const size_t at = below(text.size() + 1);
    const std::string& other = pick();
    const size_t from = below(other.size() + 1);
    switch (below(7)) {
      case 0: text.insert(at, 1, static_cast<char>(below(256))); break;
      case 1: text.insert(at, 1, kOdd[below(kOdd.size())]); break;
      case 2: text.erase(at, 1 + below(8)); break;
      case 3: text.insert(at, text.substr(at, 1 + below(16))); break;
      case 4: text.insert(at, other, from, 1 + below(32)); break;
      case 5: text.replace(at, std::string::npos, other, from, std::string::npos); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937 generator_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = fuzz::begin(argc, argv)) return *code;
  watch_for_the_end(argv[0]);
  if (argc == 2) {
    input = read_input(argv[1]);
    fuzz::run(input);
    return 0;
  }
  if (argc < 3) {
    std::fprintf(stderr, "fuzz_NAME CORPUS COUNT [SECONDS] | fuzz_NAME FILE\n");
    return 2;
  }
  std::vector<std::string> corpus = read_corpus(argv[1]);
  for (const std::string& text : corpus) {
    input = text;
    fuzz::run(input);
  }
  const size_t found = corpus.size();
  if (found == 0) corpus.emplace_back();
  const size_t wanted = std::strtoul(argv[2], nullptr, 10);
  const SystemClock clock;
  const SteadyTime end = clock.steady_now() + Seconds(argc > 3 ? std::atoi(argv[3]) : 10);
  Mutator mutator(corpus);
  size_t made = 0;
  for (; made < wanted && clock.steady_now() < end; ++made) {
    input = mutator.make();
    fuzz::run(input);
  }
  std::printf("%zu inputs of the corpus, %zu of %zu made\n", found, made, wanted);
  return 0;
}
