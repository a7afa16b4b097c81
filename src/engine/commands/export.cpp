#include "engine/commands/export.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <vector>

#include "base/text.h"
#include "checkpoint/atomic_folder.h"
#include "train/compute_dtype.h"

namespace automodel::engine {

StopSignal leaves_nothing(const std::string& out) {
  std::vector<int> signals = {SIGINT, SIGTERM, SIGHUP};
  std::erase_if(signals, StopSignal::is_ignored);
  return StopSignal(signals, [out](int signal) {
    checkpoint::abandon(out);
    sigset_t one{};
    sigemptyset(&one);
    sigaddset(&one, signal);
    pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    std::raise(signal);
  });
}

void export_model(const std::string& out, const checkpoint::ModelFolder& source,
                  const nn::Parameters& parameters, const usage::WrittenModel& written,
                  std::optional<at::ScalarType> own) {
  checkpoint::ExportOptions options;
  options.dtype = own;
  if (written.dtype != "auto") {
    options.dtype = train::storage_dtype_from_name("--dtype", written.dtype);
  }
  if (written.max_shard_bytes > 0) {
    options.max_shard_bytes = static_cast<std::int64_t>(written.max_shard_bytes);
  }
  const auto dtype = checkpoint::export_hf_folder(out, source, parameters, options);
  fmt::print("wrote {}: {}, {} parameters, {}\n", out, source.spec.architecture,
             human_count(spec::num_parameters(source.spec)), dtype_name(dtype));
}

}  // namespace automodel::engine
