#include "cli/engine.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/child.h"

namespace automodel::cli {

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
  std::fflush(nullptr);
  execv(engine.c_str(), argv.data());
  fail(ErrorKind::io, "cannot start {}: {}", engine.string(), std::strerror(errno));
}

}  // namespace automodel::cli
