#include "data/json_rows.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::size_t kChunkLines = 1024;

Json parse_line(std::string_view text, const std::string& path, std::int64_t line) {
  try {
    return parse_json(text, path, line);
  } catch (const Error& error) {
    const std::string place = fmt::format("{}:{}:", path, line);
    const bool placed = error.message().starts_with(place);
    fail(error.kind(), "{}{}", placed ? "" : place + " ", error.message());
  }
}

Json parse_row(std::string_view text, const std::string& path, std::int64_t line) {
  Json row = parse_line(text, path, line);
  check(row.is_object(), ErrorKind::corrupt_data,
        "{}:{}: a row must be a JSON object like {{\"messages\": [...]}}, found {} {}", path, line,
        row.is_array() ? "an" : "a", row.type_name());
  return row;
}

class JsonLines : public RowSource {
 public:
  JsonLines(const std::string& path, const SourceOptions& options) : file_(path) {
    index_lines(options);
    check_rows(options);
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(begins_.size()); }
  std::int64_t num_skipped() const override { return num_skipped_; }
  Json row(std::int64_t index) const override {
    const std::size_t begin = begins_.at(static_cast<std::size_t>(index));
    return parse_row(line_at(begin), path(), 1);  // was parsed before: cannot fail but for a change
  }
  std::string location(std::int64_t index) const override {
    return fmt::format("{}:{}", path(), line_number(begins_.at(static_cast<std::size_t>(index))));
  }

 private:
  std::string path() const { return file_.path().string(); }

  std::string_view line_at(std::size_t begin) const {
    const std::string_view rest = file_.text().substr(begin);
    return rest.substr(0, rest.find('\n'));
  }

  /// Counted only when asked for: most files never need it.
  std::int64_t line_number(std::size_t begin) const {
    const std::string_view before = file_.text().substr(0, begin);
    return std::count(before.begin(), before.end(), '\n') + 1;
  }

  void index_lines(const SourceOptions& options) {
    const std::string_view text = file_.text();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::string_view line = line_at(begin);
      check(line.size() <= options.max_line_bytes, ErrorKind::corrupt_data,
            "{}:{}: the line has {}, more than the {} allowed; is this file really JSON lines?",
            path(), line_number(begin), human_bytes(line.size()),
            human_bytes(options.max_line_bytes));
      if (!trim(line).empty()) {
        begins_.push_back(begin);
      }
      begin += line.size() + 1;
    }
  }

  bool is_row(std::size_t begin) const {
    try {
      parse_row(line_at(begin), path(), 1);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void check_rows(const SourceOptions& options) {
    std::vector<std::uint8_t> valid(begins_.size());
    const std::size_t num_chunks = (begins_.size() + kChunkLines - 1) / kChunkLines;
    parallel_for(static_cast<std::int64_t>(num_chunks), num_cores(), [&](std::int64_t chunk) {
      const std::size_t first = static_cast<std::size_t>(chunk) * kChunkLines;
      const std::size_t end = std::min(first + kChunkLines, begins_.size());
      for (std::size_t i = first; i < end; ++i) {
        valid[i] = is_row(begins_[i]);
        if (!valid[i] && !options.skip_invalid) {
          parse_row(line_at(begins_[i]), path(), line_number(begins_[i]));
        }
      }
    });
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < begins_.size(); ++i) {
      if (valid[i]) {
        kept.push_back(begins_[i]);
      }
    }
    num_skipped_ = static_cast<std::int64_t>(begins_.size() - kept.size());
    begins_ = std::move(kept);
  }

  MappedFile file_;
  std::vector<std::size_t> begins_;  // byte offset of each row's line
  std::int64_t num_skipped_ = 0;
};

class JsonArray : public RowSource {
 public:
  JsonArray(const std::string& path, Json rows, const SourceOptions& options) : path_(path) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].is_object()) {
        rows_.push_back(std::move(rows[i]));
        numbers_.push_back(i);
        continue;
      }
      ++num_skipped_;
      check(options.skip_invalid, ErrorKind::corrupt_data,
            "{}[{}]: a row must be a JSON object like {{\"messages\": [...]}}, found {} {}", path,
            i, rows[i].is_array() ? "an" : "a", rows[i].type_name());
    }
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t num_skipped() const override { return num_skipped_; }
  Json row(std::int64_t index) const override { return rows_.at(static_cast<std::size_t>(index)); }
  std::string location(std::int64_t index) const override {
    return fmt::format("{}[{}]", path_, numbers_.at(static_cast<std::size_t>(index)));
  }

 private:
  std::string path_;
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
  return std::make_shared<JsonLines>(path, options);
}

std::shared_ptr<const RowSource> open_json(const std::string& path, const SourceOptions& options) {
  const std::string text = read_file(path);
  if (looks_like_lines(text)) {
    return open_jsonl(path, options);
  }
  if (trim(text).empty()) {
    return std::make_shared<JsonArray>(path, Json::array(), options);
  }
  Json rows = parse_json(text, path);
  if (!rows.is_array()) {
    Json only = Json::array();
    only.push_back(std::move(rows));
    rows = std::move(only);
  }
  return std::make_shared<JsonArray>(path, std::move(rows), options);
}

}  // namespace automodel::data
