#include "cli/run.h"

int main(int argc, char** argv) {
  return authd::cli::run(argc, argv);
}
