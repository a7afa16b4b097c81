#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <optional>

#include "base/command_line.h"
#include "base/json_change.h"
#include "cli/commands/commands.h"
#include "cli/run_record.h"

namespace automodel::cli {
namespace {

constexpr std::array<const char*, 7> kParts = {"config", "software", "machine", "environment",
                                               "git",    "model",    "data"};

Json part_of(const RunRecord& run, const char* part) {
  return run.manifest.contains(part) ? run.manifest.at(part) : Json::object();
}

std::optional<double> number_in(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? std::optional(found->get<double>())
                                                   : std::nullopt;
}

std::optional<double> last_value(const std::vector<Json>& lines, const char* key) {
  return lines.empty() ? std::nullopt : number_in(lines.back(), key);
}

/// What a run came to, by name.
Json results_of(const RunRecord& run) {
  Json out = Json::object();
  out["steps"] = run.steps.size();
  for (const char* key : {"loss", "grad_norm", "lr", "mem"}) {
    if (const auto value = last_value(run.steps, key)) {
      out[std::string("last ") + key] = *value;
    }
  }
  double tokens = 0;
  double seconds = 0;
  for (const Json& step : run.steps) {
    tokens += number_in(step, "num_tokens_per_step").value_or(0);
    seconds += number_in(step, "step_seconds").value_or(0);
  }
  if (seconds > 0) {
    out["tokens/s"] = tokens / seconds;
  }
  for (const auto& [name, lines] : run.validations) {
    for (const char* key : {"val_loss", "val_accuracy", "token_accuracy", "exact_match"}) {
      if (const auto value = last_value(lines, key)) {
        out[fmt::format("last {}{}", key, name == "default" ? "" : " of " + name)] = *value;
      }
    }
  }
  return out;
}

/// The two values of each path that differs; the one that a run does not have is left out.
Json changes(const Json& a, const Json& b) {
  Json out = Json::object();
  for (const JsonChange& change : json_changes(a, b)) {
    Json& values = out[change.path] = Json::object();
    if (change.before) {
      values["a"] = *change.before;
    }
    if (change.after) {
      values["b"] = *change.after;
    }
  }
  return out;
}

Json compare(const RunRecord& a, const RunRecord& b) {
  Json out = Json::object();
  for (const char* part : kParts) {
    out[part] = changes(part_of(a, part), part_of(b, part));
  }
  out["results"] = changes(results_of(a), results_of(b));
  return out;
}

std::string value_text(const Json& values, const char* run) {
  if (!values.contains(run)) {
    return "(absent)";
  }
  const Json& value = values.at(run);
  if (value.is_string()) {
    return value.get<std::string>();
  }
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : value.dump();
}

void print(const Json& parts) {
  bool same = true;
  for (const auto& [part, differences] : parts.items()) {
    if (differences.empty()) {
      continue;
    }
    same = false;
    fmt::print("{}\n", part);
    for (const auto& [path, values] : differences.items()) {
      fmt::print("  {:<44} {} -> {}\n", path, value_text(values, "a"), value_text(values, "b"));
    }
  }
  if (same) {
    fmt::print("no difference\n");
  }
}

struct DiffLine {
  static constexpr const char* kName = "diff";
  static constexpr const char* kSummary = "Say in what two training runs differ";

  std::string a;
  std::string b;
  bool json = false;

  void declare(CLI::App& app) {
    app.description(
        "Says in what two training runs differ: configuration, program, machine, model, data, "
        "results. Times and places where they ran are left out.");
    app.add_option("run_a", a, "folder of a run (checkpoint.checkpoint_dir)")->required();
    app.add_option("run_b", b, "folder of another")->required();
    app.add_flag("--json", json,
                 R"(print a JSON object instead, with "a" and "b" of each difference)");
    app.footer("Example: automodel diff runs/first runs/second");
  }
};

ExitCode run_diff(const DiffLine& line, Arguments) {
  const Json parts = compare(read_run(line.a), read_run(line.b));
  if (line.json) {
    fmt::print("{}\n", parts.dump(1));
  } else {
    print(parts);
  }
  return ExitCode::ok;
}

}  // namespace

Command diff_command() { return make_command<DiffLine>(run_diff); }

}  // namespace automodel::cli
