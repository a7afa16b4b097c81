#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/command_line.h"
#include "base/json.h"
#include "engine/commands/commands.h"
#include "tensor/device.h"
#include "tensor/library.h"

namespace automodel::engine {
namespace {

struct DoctorLine {
  static constexpr const char* kName = "doctor";
  static constexpr const char* kSummary = "Say what LibTorch is and what it finds";

  void declare(CLI::App& app) {
    app.description("Prints what LibTorch is and what it finds, as JSON");
    app.footer("Example: automodel doctor");
  }
};

ExitCode run_doctor(const DoctorLine&, Arguments) {
  const std::filesystem::path library = torch_library();
  const Json facts = {
      {"torch_version", torch_version()},
      {"torch_library", library.string()},
      {"torch_kernels", torch_kernels()},
      {"torch_has_cuda", std::filesystem::exists(library.parent_path() / "libtorch_cuda.so")},
      {"num_gpus", num_gpus()}};
  fmt::print("{}\n", facts.dump());
  return ExitCode::ok;
}

}  // namespace

Command doctor_command() { return make_command<DoctorLine>(run_doctor); }

}  // namespace automodel::engine
