#pragma once
// The structural rules of the project, each a function from texts to a list of problems. None has
// exceptions.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace automodel::layers {

/// Path relative to the project's root -> text.
using Files = std::map<std::string, std::string>;
using Problems = std::vector<std::string>;

/// src/LAYERS: each module with the modules it may include ("torch": LibTorch's headers,
/// "arrow": Arrow's).
struct Table {
  std::vector<std::string> modules;  // in the order of the file
  std::map<std::string, std::set<std::string>> allowed;
};

/// Reads "module: names"; lines that start with # are comments.
Table parse_table(std::string_view text);

/// A module may name only "torch", "arrow" and modules above it, so that there is no cycle; and
/// each only once.
Problems check_table(const Table& table);

/// Sources and tests of a module include its own headers and those of the modules that it names, as
/// "module/path"; tests may also share headers, as "tests/module/path" or, within a folder, by
/// name. <ATen/...>, <c10/...> and <torch/...> need "torch", <arrow/...> and <parquet/...>
/// "arrow".
Problems check_includes(const Table& table, const Files& files);

/// Each src/M/a/b.cpp (main.cpp aside: it only calls the module) has a test: tests/M/a/b_test.cpp,
/// the test of its folder tests/M/a_test.cpp, or a live one, test_b.py or test_a.py anywhere under
/// tests/parity or tests/cli.
Problems check_mirror(const Files& files);

/// File <= 500 lines, function <= 60 (recipes' run_*: 100), parameters <= 6, nesting <= 4.
/// Functions are looked at in C++ only, lines in every file.
Problems check_sizes(const Files& files);

}  // namespace automodel::layers
