#include "cli/engine.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/child.h"

namespace automodel::cli {
namespace {

/// A thread that waits for others spins some 50 microseconds and then sleeps, unless the user chose
/// otherwise. OpenMP's own choice is some milliseconds: a spinning thread keeps its core from one
/// that another program has pushed aside, and thousands of short waits become thousands of long
/// ones.
void let_waiting_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("GOMP_SPINCOUNT", "3000", /*overwrite=*/0);
  }
}

}  // namespace

std::filesystem::path find_engine(const std::string& command) {
  auto engine = beside_program("automodel-engine");
  check(std::filesystem::exists(engine), ErrorKind::not_found,
        "'{}' needs {}, which was not built; build with -DAM_TORCH=ON (the release preset)",
        command, engine.string());
  return engine;
}

void run_engine(const std::string& name, Arguments arguments) {
  const auto engine = find_engine(name);
  std::vector<std::string> words = {engine.string(), name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  let_waiting_threads_sleep();
  std::fflush(nullptr);
  execv(engine.c_str(), argv.data());
  fail(ErrorKind::io, "cannot start {}: {}", engine.string(), std::strerror(errno));
}

}  // namespace automodel::cli
