#include "engine/commands/export_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"

namespace automodel::engine {

void add_export_options(CLI::App& app, ExportArguments& arguments) {
  app.add_option("--dtype", arguments.dtype,
                 "of the written weights: auto (as the base is stored), float32, bfloat16, float16")
      ->capture_default_str();
  app.add_option("--max-shard-size", arguments.max_shard_bytes,
                 "largest weight file, e.g. 5GB; default 50GB")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
}

void export_model(const std::string& out, const checkpoint::ModelFolder& source,
                  const nn::Parameters& parameters, const ExportArguments& arguments) {
  checkpoint::ExportOptions options;
  options.dtype = arguments.dtype == "auto" ? checkpoint::stored_dtype(source)
                                            : dtype_from_name(arguments.dtype);
  check(at::isFloatingType(options.dtype), ErrorKind::invalid_argument,
        "--dtype {} is not a type for weights; use float32, bfloat16 or float16", arguments.dtype);
  if (arguments.max_shard_bytes > 0) {
    options.max_shard_bytes = static_cast<std::int64_t>(arguments.max_shard_bytes);
  }
  checkpoint::export_hf_folder(out, source, parameters, options);
  const auto count = static_cast<std::uint64_t>(spec::num_parameters(source.spec));
  fmt::print("wrote {}: {}, {} parameters, {}\n", out, source.spec.architecture, human_count(count),
             dtype_name(options.dtype));
}

}  // namespace automodel::engine
