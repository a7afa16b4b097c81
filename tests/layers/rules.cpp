#include "tests/layers/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include "tests/layers/functions.h"
#include "tests/layers/tokens.h"

namespace automodel::layers {
namespace {

constexpr int kMaxFileLines = 500;
constexpr int kMaxFunctionLines = 60;
constexpr int kMaxRecipeLines = 100;
constexpr int kMaxParameters = 6;
constexpr int kMaxNesting = 4;
/// Whose headers lie in a folder: the word for them in src/LAYERS, and their name in problems.
struct Library {
  std::string_view folder, word, name;
};
constexpr std::array<Library, 5> kLibraries = {{{"ATen/", "torch", "LibTorch"},
                                                {"c10/", "torch", "LibTorch"},
                                                {"torch/", "torch", "LibTorch"},
                                                {"arrow/", "arrow", "Arrow"},
                                                {"parquet/", "arrow", "Arrow"}}};

bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".h"); }

/// "data" for "src/data/x.h" and "tests/data/x_test.cpp"; empty for other paths.
std::string module_of(const std::string& path) {
  for (const std::string_view root : {"src/", "tests/"}) {
    if (path.starts_with(root)) {
      const std::size_t end = path.find('/', root.size());
      return end == std::string::npos ? "" : path.substr(root.size(), end - root.size());
    }
  }
  return "";
}

/// A test may name a header of its own folder without the path.
bool is_neighbour(const std::string& path, const Include& include) {
  return path.starts_with("tests/") && include.quoted &&
         include.path.find('/') == std::string::npos;
}

/// The problem of one include of a file that belongs to `module`, or an empty text.
std::string include_problem(const Table& table, const std::string& module, const Include& include) {
  const std::set<std::string>& allowed = table.allowed.at(module);
  if (!include.quoted) {
    const auto* const library =
        std::find_if(kLibraries.begin(), kLibraries.end(),
                     [&](const Library& l) { return include.path.starts_with(l.folder); });
    return library != kLibraries.end() && !allowed.contains(std::string(library->word))
               ? fmt::format("<{}>: src/LAYERS gives {} no {}", include.path, module, library->name)
               : "";
  }
  const bool test_header = include.path.starts_with("tests/");
  const std::string other = module_of(test_header ? include.path : "src/" + include.path);
  if (!table.allowed.contains(other)) {
    return fmt::format("\"{}\": quoted includes start with a module of src/LAYERS", include.path);
  }
  return other == module || allowed.contains(other)
             ? ""
             : fmt::format("\"{}\": src/LAYERS does not let {} include {}", include.path, module,
                           other);
}

int count_lines(std::string_view text) {
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return static_cast<int>(ends) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

int max_lines(const std::string& path, const Function& function) {
  const bool recipe = path.starts_with("src/recipes/") && function.name.starts_with("run_");
  return recipe ? kMaxRecipeLines : kMaxFunctionLines;
}

void check_function(const std::string& path, const Function& function, Problems& problems) {
  const auto over = [&](std::string_view what, int found, int limit) {
    if (found > limit) {
      problems.push_back(fmt::format("{}:{}: {} has {} {}, the limit is {}", path,
                                     function.first_line, function.name, found, what, limit));
    }
  };
  over("lines", function.num_lines(), max_lines(path, function));
  over("parameters", function.num_parameters, kMaxParameters);
  over("levels of nesting", function.nesting, kMaxNesting);
}

/// Paths of which one must exist for the source to count as tested. Live tests are given by their
/// file name alone.
std::vector<std::string> accepted_tests(const std::string& source) {
  const std::filesystem::path path = source.substr(std::string_view("src/").size());
  const std::string folder = path.parent_path().string();
  const std::string stem = path.stem().string();
  std::vector<std::string> out = {fmt::format("tests/{}/{}_test.cpp", folder, stem),
                                  fmt::format("test_{}.py", stem)};
  if (folder.find('/') != std::string::npos) {  // a module as a whole is no folder with a face
    out.push_back(fmt::format("tests/{}_test.cpp", folder));
    out.push_back(fmt::format("test_{}.py", path.parent_path().filename().string()));
  }
  return out;
}

std::set<std::string> available_tests(const Files& files) {
  std::set<std::string> out;
  for (const auto& [path, text] : files) {
    const bool live = path.ends_with(".py") &&
                      (path.starts_with("tests/parity/") || path.starts_with("tests/cli/"));
    out.insert(live ? std::filesystem::path(path).filename().string() : path);
  }
  return out;
}

}  // namespace

Table parse_table(std::string_view text) {
  Table out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) {
      continue;
    }
    const std::string module = line.substr(0, colon);
    out.modules.push_back(module);
    std::istringstream names(line.substr(colon + 1));
    for (std::string name; names >> name;) {
      out.allowed[module].insert(name);
    }
    out.allowed[module];  // a module that may include nothing is known too
  }
  return out;
}

Problems check_table(const Table& table) {
  Problems problems;
  std::set<std::string> above = {"torch", "arrow"};
  for (const std::string& module : table.modules) {
    for (const std::string& name : table.allowed.at(module)) {
      if (!above.contains(name)) {
        problems.push_back(
            fmt::format("src/LAYERS: {} names {}, which is not above it", module, name));
      }
    }
    if (!above.insert(module).second) {
      problems.push_back(fmt::format("src/LAYERS: {} is listed twice", module));
    }
  }
  return problems;
}

Problems check_includes(const Table& table, const Files& files) {
  Problems problems;
  for (const auto& [path, text] : files) {
    const std::string module = module_of(path);
    const bool known = table.allowed.contains(module);
    if (is_cpp(path) && path.starts_with("src/") && !known) {
      problems.push_back(fmt::format("{}: its folder is no module of src/LAYERS", path));
    }
    if (!is_cpp(path) || !known) {
      continue;
    }
    for (const Include& include : tokenize(text).includes) {
      const std::string problem = include_problem(table, module, include);
      if (!problem.empty() && !is_neighbour(path, include)) {
        problems.push_back(fmt::format("{}:{}: {}", path, include.line, problem));
      }
    }
  }
  return problems;
}

Problems check_mirror(const Files& files) {
  Problems problems;
  const std::set<std::string> available = available_tests(files);
  for (const auto& [path, text] : files) {
    if (!path.starts_with("src/") || !path.ends_with(".cpp") || path.ends_with("/main.cpp")) {
      continue;
    }
    const std::vector<std::string> accepted = accepted_tests(path);
    if (std::none_of(accepted.begin(), accepted.end(),
                     [&](const std::string& test) { return available.contains(test); })) {
      problems.push_back(
          fmt::format("{}: has no test; expected one of {}", path, fmt::join(accepted, ", ")));
    }
  }
  return problems;
}

Problems check_sizes(const Files& files) {
  Problems problems;
  for (const auto& [path, text] : files) {
    if (const int lines = count_lines(text); lines > kMaxFileLines) {
      problems.push_back(
          fmt::format("{}: has {} lines, the limit is {}", path, lines, kMaxFileLines));
    }
    if (is_cpp(path)) {
      for (const Function& function : find_functions(tokenize(text).tokens)) {
        check_function(path, function, problems);
      }
    }
  }
  return problems;
}

}  // namespace automodel::layers
