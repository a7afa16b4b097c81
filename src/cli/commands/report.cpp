#include "cli/commands/report.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "cli/report_page.h"
#include "cli/run_record.h"

namespace automodel::cli {
namespace {

struct Options {
  std::vector<std::string> runs;
  std::string output;
};

void write_report(const Options& options) {
  std::vector<RunRecord> runs;
  for (const std::string& path : options.runs) {
    runs.push_back(read_run(path));
  }
  const std::filesystem::path output =
      options.output.empty() ? std::filesystem::path(runs.front().folder) / "report.html"
                             : std::filesystem::path(options.output);
  write_file_atomic(output, report_page(runs));
  fmt::print("wrote {}\n", output.string());
}

ExitCode run(Arguments arguments) {
  Options options;
  CLI::App app(
      "Makes one HTML page of training runs: loss, learning rate, gradient norm, speed, memory, "
      "expert load, validation, configuration and a sample, the runs overlaid. The page needs no "
      "network.",
      "automodel report");
  app.add_option("runs", options.runs, "folders of runs (checkpoint.checkpoint_dir)")->required();
  app.add_option("--output", options.output, "the page; by default report.html in the first run");
  app.footer("Example: automodel report runs/first runs/second --output both.html");
  if (parse_arguments(app, arguments)) {
    write_report(options);
  }
  return ExitCode::ok;
}

}  // namespace

Command report_command() {
  return {"report", "Make one HTML page of training runs: curves, configuration, sample", run};
}

}  // namespace automodel::cli
