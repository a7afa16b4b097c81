#pragma once
// Other programs, started as children.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace automodel {

/// Runs the program that the first word names, as a shell finds it, and returns its standard
/// output; what it writes to standard error is lost. Nothing if it cannot be started or fails.
std::optional<std::string> output_of(std::span<const std::string> words);

/// How a child ended: its exit code, or 128 and the number of the signal that ended it, and the
/// end, at most 64 KiB, of what it wrote to standard error.
struct ChildEnd {
  int code = 0;
  std::string errors;
};

/// Runs the program that the first word names, a path or found on PATH, and calls `take` with its
/// standard output, piece by piece. What `take` throws ends the child and is passed on. Throws
/// Error(io) if the program cannot be started.
ChildEnd run_child(std::span<const std::string> words,
                   const std::function<void(std::string_view piece)>& take);

/// The path of another program of this build, whether it is there or not.
std::filesystem::path beside_program(const std::string& name);

}  // namespace automodel
