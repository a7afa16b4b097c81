#pragma once
// What the commands that write a model share.

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace automodel::usage {

/// Values of --dtype and --max-shard-size.
struct WrittenModel {
  std::string dtype = "auto";
  std::uint64_t max_shard_bytes = 0;  // 0: the default

  /// Adds both options.
  void declare(CLI::App& app);
};

}  // namespace automodel::usage
