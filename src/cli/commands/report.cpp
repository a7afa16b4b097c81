#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/command_line.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/report_page.h"
#include "cli/run_record.h"

namespace automodel::cli {
namespace {

struct ReportOptions {
  static constexpr const char* kName = "report";
  static constexpr const char* kSummary =
      "Make one HTML page of training runs: curves, configuration, sample";

  std::vector<std::string> runs;
  std::string output;

  void declare(CLI::App& app) {
    app.description(
        "Makes one HTML page of training runs: loss, learning rate, gradient norm, speed, memory, "
        "expert load, validation, configuration and a sample, the runs overlaid. The page needs "
        "no network.");
    app.add_option("runs", runs, "folders of runs (checkpoint.checkpoint_dir)")->required();
    app.add_option("--output", output, "the page; by default report.html in the first run");
    app.footer("Example: automodel report runs/first runs/second --output both.html");
  }
};

ExitCode run_report(const ReportOptions& options, Arguments) {
  std::vector<RunRecord> runs;
  for (const std::string& path : options.runs) {
    runs.push_back(read_run(path));
  }
  const std::filesystem::path output =
      options.output.empty() ? std::filesystem::path(runs.front().folder) / "report.html"
                             : std::filesystem::path(options.output);
  write_file_atomic(output, report_page(runs));
  fmt::print("wrote {}\n", output.string());
  return ExitCode::ok;
}

}  // namespace

Command report_command() { return make_command<ReportOptions>(run_report); }

}  // namespace automodel::cli
