#include "cli/report_page.h"

#include <filesystem>
#include <map>

#include "base/division.h"
#include "base/text.h"
#include "cli/report_text.h"

namespace automodel::cli {
namespace {

constexpr std::size_t kMostPoints = 2000;

Json thinned(const std::vector<Json>& lines) {
  Json out = Json::array();
  const std::size_t every = ceil_div(lines.size(), kMostPoints);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i % every == 0 || i + 1 == lines.size()) {
      out.push_back(lines[i]);
    }
  }
  return out;
}

/// The last parts of the folders, as many as tell the runs apart.
std::vector<std::string> short_names(const std::vector<RunRecord>& runs) {
  std::map<std::string, int> uses;
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    const auto path = std::filesystem::absolute(run.folder).lexically_normal();
    const auto folder = path.has_filename() ? path : path.parent_path();
    names.push_back(folder.filename().string());
    ++uses[names.back()];
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    names[i] = uses[names[i]] > 1 ? runs[i].folder : names[i];
  }
  return names;
}

Json to_json(const RunRecord& run, const std::string& name) {
  Json validations = Json::object();
  for (const auto& [set, lines] : run.validations) {
    validations[set] = thinned(lines);
  }
  return {{"name", name},
          {"manifest", run.manifest},
          {"steps", thinned(run.steps)},
          {"validations", std::move(validations)}};
}

}  // namespace

std::string report_page(const std::vector<RunRecord>& runs) {
  const auto names = short_names(runs);
  Json data = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    data.push_back(to_json(runs[i], names[i]));
  }
  // Without '<' no text can end the script that holds the data.
  const std::string text =
      replace_all(data.dump(-1, ' ', false, Json::error_handler_t::replace), "<", "\\u003c");
  return replace_all(std::string(report_text()), "@DATA@", text);
}

}  // namespace automodel::cli
