#include "data/table_rows.h"

#include <string_view>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"
#include "data/text_rows.h"

namespace automodel::data {
namespace {

/// What a program ends with whose libraries are gone, by the dynamic linker.
constexpr int kNotLoaded = 127;

void check_program(bool ok, const std::string& path, const std::filesystem::path& program) {
  const bool is_parquet = path.ends_with(".parquet");
  check(ok, ErrorKind::unsupported,
        "{0}: Parquet and Arrow files are read by {1}, which {2}: it needs the Python package "
        "pyarrow at build time and afterwards; install it by '.deps/python/bin/python -m pip "
        "install pyarrow==26.0.1' in the project's folder, then 'touch CMakeLists.txt' and start "
        "./automodel again; or convert the file where pandas is: python -c \"import pandas; "
        "pandas.read_{3}('{0}').to_json('{4}', orient='records', lines=True)\"",
        path, program.string(),
        std::filesystem::exists(program) ? "cannot be loaded" : "was not built",
        is_parquet ? "parquet" : "feather",
        std::filesystem::path(path).replace_extension(".jsonl").string());
}

/// The program with its words, of which the last is the table's path.
void run(const std::vector<std::string>& words,
         const std::function<void(std::string_view piece)>& take) {
  const std::string& path = words.back();
  const ChildEnd end = run_child(words, take);
  check_program(end.code != kNotLoaded, path, words.front());
  check(end.code <= 128, ErrorKind::corrupt_data,
        "{}: the program that reads it was ended by signal {}, as happens if a file is damaged or "
        "memory runs out",
        path, end.code - 128);
  check(end.code == 0, ErrorKind::corrupt_data, "{}: {}", path, trim(end.errors));
}

/// A line is a row, or a text that says why there is none.
Json parse_row(std::string_view text, const std::string& path, std::int64_t line) {
  Json row = parse_json_exact(text, path, line);
  if (row.is_string()) {
    fail(ErrorKind::corrupt_data, "{}:{}: {}", path, line, row.get_ref<const std::string&>());
  }
  return row;
}

}  // namespace

Json table_features(const std::string& path, const std::filesystem::path& program) {
  check_program(std::filesystem::exists(program), path, program);
  std::string notes;
  run({program.string(), "--notes", path}, [&](std::string_view piece) { notes += piece; });
  const Json json = notes.empty() ? Json() : parse_json(notes, path + ": notes of `datasets`");
  const Json info = json.is_object() ? json.value("info", Json()) : Json();
  return info.is_object() ? info.value("features", Json()) : Json();
}

FileText table_text(const std::string& path, const std::filesystem::path& program) {
  check_program(std::filesystem::exists(program), path, program);
  return {path, [&](const auto& write) { run({program.string(), path}, write); }};
}

std::shared_ptr<const RowSource> open_table(const std::string& path, const SourceOptions& options) {
  return make_text_rows(table_text(path, beside_program("automodel-tables")),
                        {.name = "a table", .end = end_of_line, .parse = parse_row}, options);
}

}  // namespace automodel::data
