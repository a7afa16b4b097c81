#include "cli/doctor/probes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/stopwatch.h"
#include "cli/engine.h"
#include "hub/http.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kProbeBytes = std::uint64_t{64} << 20;
constexpr double kPatienceSeconds = 5;

fs::path nearest_there(const fs::path& folder) {
  fs::path out = fs::absolute(folder).lexically_normal();
  std::error_code none;
  while (!fs::is_directory(out, none) && out.has_relative_path()) {
    out = out.parent_path();
  }
  return out;
}

void write_probe(const fs::path& file) {
  const std::string block(std::size_t{1} << 20, 'x');
  OutputFile out(file);
  for (std::uint64_t written = 0; written < kProbeBytes; written += block.size()) {
    out.write(block);
  }
  out.close();
}

}  // namespace

Disk try_disk(const fs::path& folder) {
  const fs::path there = nearest_there(folder);
  const fs::path file = there / fmt::format(".automodel_doctor_{}", getpid());
  Disk out{.folder = there.string()};
  std::error_code none;
  out.free_bytes = fs::space(there, none).available;
  try {
    const Stopwatch watch;
    write_probe(file);
    out.bytes_per_second = static_cast<double>(kProbeBytes) / watch.seconds();
  } catch (const Error& error) {
    out.problem = error.message();
  }
  fs::remove(file, none);
  return out;
}

HubAnswer try_hub(hub::Settings settings) {
  settings.connect_seconds = std::min(settings.connect_seconds, kPatienceSeconds);
  settings.silence_seconds = std::min(settings.silence_seconds, kPatienceSeconds);
  const std::string url =
      settings.endpoint + (settings.token.empty() ? "/api/models?limit=1" : "/api/whoami-v2");
  const Stopwatch watch;
  try {
    const auto answer = hub::Http(std::move(settings)).get(url);
    return {.status = answer.status, .failure = answer.failure, .seconds = watch.seconds()};
  } catch (const Error& error) {  // it leads nowhere
    return {.failure = error.message(), .seconds = watch.seconds()};
  }
}

std::optional<Json> ask_engine() {
  try {
    const auto said = output_of(std::vector<std::string>{find_engine("doctor").string(), "doctor"});
    return said ? std::optional(parse_json(*said, "automodel-engine doctor")) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace automodel::cli
