#include "data/json_rows.h"

#include <algorithm>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"
#include "data/text_rows.h"

namespace automodel::data {
namespace {

Json parse_line(std::string_view text, const std::string& path, std::int64_t line) {
  try {
    return parse_json_exact(text, path, line);
  } catch (const Error& error) {
    check_utf8(text, path, line);
    const std::string place = fmt::format("{}:{}:", path, line);
    const bool placed = error.message().starts_with(place);
    const bool is_cut = error.message().find("unexpected end of input") != std::string::npos;
    fail(error.kind(), "{}{}{}", placed ? "" : place + " ", error.message(),
         is_cut ? "; a row is one whole line" : "");
  }
}

Json parse_row(std::string_view text, const std::string& path, std::int64_t line) {
  Json row = parse_line(text, path, line);
  check(row.is_object(), ErrorKind::corrupt_data,
        "{}:{}: a row must be a JSON object like {{\"messages\": [...]}}, found {} {}", path, line,
        row.is_array() ? "an" : "a", row.type_name());
  return row;
}

class JsonArray : public RowSource {
 public:
  JsonArray(const FileText& file, Json rows, const SourceOptions& options)
      : path_(file.path()), hash_(hash_of(checksum("JSON array"), checksum(file.text()))) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].is_object()) {
        rows_.push_back(std::move(rows[i]));
        numbers_.push_back(i);
        continue;
      }
      ++num_skipped_;
      check(options.skip_invalid, ErrorKind::corrupt_data,
            "{}[{}]: a row must be a JSON object like {{\"messages\": [...]}}, found {} {}", path_,
            i, rows[i].is_array() ? "an" : "a", rows[i].type_name());
    }
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t num_skipped() const override { return num_skipped_; }
  Json row(std::int64_t index) const override { return rows_.at(static_cast<std::size_t>(index)); }
  std::string location(std::int64_t index) const override {
    return fmt::format("{}[{}]", path_, numbers_.at(static_cast<std::size_t>(index)));
  }
  std::uint64_t content_hash() const override { return hash_; }

 private:
  std::string path_;
  std::uint64_t hash_;
  std::vector<Json> rows_;
  std::vector<std::size_t> numbers_;  // where each row stood in the file's array
  std::int64_t num_skipped_ = 0;
};

/// Whether the first line is a whole object and something follows it.
bool looks_like_lines(std::string_view text) {
  text = trim(text);
  const std::string_view first = trim(text.substr(0, text.find('\n')));
  return first.size() < text.size() && first.starts_with('{') && Json::accept(first);
}

}  // namespace

std::shared_ptr<const RowSource> open_jsonl(const std::string& path, const SourceOptions& options) {
  FileText file(path);
  if (trim(file.text()).starts_with('[') && Json::accept(file.text())) {
    return open_json(path, options);  // an array under the wrong ending
  }
  return make_text_rows(std::move(file),
                        {.name = "JSON lines", .end = end_of_line, .parse = parse_row}, options);
}

std::shared_ptr<const RowSource> open_json(const std::string& path, const SourceOptions& options) {
  const FileText file(path);
  const std::string_view text = file.text();
  if (looks_like_lines(text)) {
    return open_jsonl(path, options);
  }
  if (trim(text).empty()) {
    return std::make_shared<JsonArray>(file, Json::array(), options);
  }
  Json rows = parse_json_exact(text, path);
  if (!rows.is_array()) {
    rows = Json::array({std::move(rows)});
  }
  return std::make_shared<JsonArray>(file, std::move(rows), options);
}

}  // namespace automodel::data
