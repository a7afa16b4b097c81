#include "base/child.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace automodel {
namespace {

std::string quoted(const std::string& word) { return "'" + replace_all(word, "'", "'\\''") + "'"; }

}  // namespace

std::optional<std::string> output_of(std::span<const std::string> words) {
  std::string command;
  for (const std::string& word : words) {
    command += quoted(word) + " ";
  }
  std::FILE* pipe = popen((command + "2>/dev/null").c_str(), "re");
  if (pipe == nullptr) {
    return std::nullopt;
  }
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), n);
  }
  return pclose(pipe) == 0 ? std::optional(out) : std::nullopt;
}

}  // namespace automodel
