#include "data/text_rows.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/division.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/utf8.h"

namespace automodel::data {
namespace {

constexpr std::size_t kChunkRecords = 1024;
constexpr std::size_t kMarkedRecords = 64;

/// Where a record begins.
struct Mark {
  std::size_t begin = 0;
  std::int64_t line = 1;
};

class TextRows : public RowSource {
 public:
  TextRows(FileText file, RecordSyntax syntax, const SourceOptions& options)
      : file_(std::move(file)), syntax_(std::move(syntax)) {
    index_records(options);
    check_rows(options);
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(begins_.size()); }
  std::int64_t num_skipped() const override { return num_skipped_; }
  std::uint64_t content_hash() const override {
    std::call_once(is_hashed_, [this] {  // other rows as another kind
      hash_ = hash_of(checksum(syntax_.name), checksum(file_.text()));
    });
    return hash_;
  }
  Json row(std::int64_t index) const override {
    const std::size_t begin = begins_.at(static_cast<std::size_t>(index));
    return parse(begin, 1);  // was parsed before: cannot fail but for a change
  }
  std::string location(std::int64_t index) const override {
    return fmt::format("{}:{}", file_.path(),
                       line_number(begins_.at(static_cast<std::size_t>(index))));
  }

 private:
  std::string_view record_at(std::size_t begin) const {
    return file_.text().substr(begin, syntax_.end(file_.text(), begin) - begin);
  }
  Json parse(std::size_t begin, std::int64_t line) const {
    return syntax_.parse(record_at(begin), file_.path(), line);
  }

  std::int64_t num_lines(std::size_t begin, std::size_t end) const {
    const std::string_view part = file_.text().substr(begin, end - begin);
    return std::count(part.begin(), part.end(), '\n');
  }

  /// Of the record at `begin`, counted from the mark before it: a file is not read for each of its
  /// records.
  std::int64_t line_number(std::size_t begin) const {
    const auto next =
        std::upper_bound(marks_.begin(), marks_.end(), begin,
                         [](std::size_t at, const Mark& mark) { return at < mark.begin; });
    const Mark mark = next == marks_.begin() ? Mark{} : *std::prev(next);
    return mark.line + num_lines(mark.begin, begin);
  }

  void mark(std::size_t begin) { marks_.push_back({begin, line_number(begin)}); }

  void index_records(const SourceOptions& options) {
    const std::string_view text = file_.text();
    std::size_t num_records = 0;
    for (std::size_t begin = syntax_.begin; begin < text.size(); ++num_records) {
      if (num_records % kMarkedRecords == 0) {
        mark(begin);
      }
      const std::string_view record = record_at(begin);
      const bool is_too_long = record.size() > options.max_line_bytes;
      if (is_too_long && !options.skip_invalid) {
        fail(ErrorKind::corrupt_data,
             "{}:{}: the line has {}, more than the {} allowed; is this file really {}?",
             file_.path(), line_number(begin), human_bytes(record.size()),
             human_bytes(options.max_line_bytes), syntax_.name);
      }
      num_skipped_ += is_too_long ? 1 : 0;
      if (!is_too_long && record.find_first_not_of(syntax_.blanks) != std::string_view::npos) {
        begins_.push_back(begin);
      }
      begin += record.size() + 1;
    }
  }

  bool is_row(std::size_t begin) const {
    try {
      parse(begin, 1);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void check_rows(const SourceOptions& options) {
    std::vector<std::uint8_t> valid(begins_.size());
    const std::size_t num_chunks = ceil_div(begins_.size(), kChunkRecords);
    parallel_for(static_cast<std::int64_t>(num_chunks), num_cores(), [&](std::int64_t chunk) {
      const std::size_t first = static_cast<std::size_t>(chunk) * kChunkRecords;
      const std::size_t end = std::min(first + kChunkRecords, begins_.size());
      for (std::size_t i = first; i < end; ++i) {
        valid[i] = is_row(begins_[i]);
        if (!valid[i] && !options.skip_invalid) {
          parse(begins_[i], line_number(begins_[i]));
        }
      }
    });
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < begins_.size(); ++i) {
      if (valid[i]) {
        kept.push_back(begins_[i]);
      }
    }
    num_skipped_ += static_cast<std::int64_t>(begins_.size() - kept.size());
    begins_ = std::move(kept);
  }

  FileText file_;
  RecordSyntax syntax_;
  std::vector<std::size_t> begins_;  // byte offset of each row's record
  std::vector<Mark> marks_;          // of every kMarkedRecords-th record
  std::int64_t num_skipped_ = 0;
  mutable std::once_flag is_hashed_;
  mutable std::uint64_t hash_ = 0;  // of the whole file, for which several ask
};

Json as_text(std::string_view record, const std::string& path, std::int64_t line) {
  check_utf8(record, path, line);
  if (record.ends_with('\r')) {
    record.remove_suffix(1);
  }
  return {{"text", record}};
}

}  // namespace

std::shared_ptr<const RowSource> make_text_rows(FileText file, RecordSyntax syntax,
                                                const SourceOptions& options) {
  refuse_lone_returns(file.text(), file.path());
  return std::make_shared<TextRows>(std::move(file), std::move(syntax), options);
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

void refuse_lone_returns(std::string_view text, const std::string& path) {
  const auto at = text.find_first_of("\r\n");
  check(
      at == std::string_view::npos || text[at] == '\n' ||
          text.find('\n', at) != std::string_view::npos || trim(text.substr(at)).empty(),
      ErrorKind::corrupt_data,
      "{0}: its lines end in carriage returns alone, as old Macs wrote them, and not in newlines; "
      "convert it: tr '\\r' '\\n' <{0}",
      path);
}

void check_utf8(std::string_view text, const std::string& path, std::int64_t line) {
  if (const auto at = find_invalid_utf8(text)) {
    const auto before = text.substr(0, *at);
    const auto begin = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(ErrorKind::corrupt_data,
         "{}:{}:{}: the byte {:#04x} is not valid UTF-8; convert the file to UTF-8", path,
         line + std::count(before.begin(), before.end(), '\n'), *at - begin + 1,
         static_cast<unsigned char>(text[*at]));
  }
}

std::shared_ptr<const RowSource> open_plain_text(const std::string& path,
                                                 const SourceOptions& options) {
  return make_text_rows(FileText(path), {.name = "text", .end = end_of_line, .parse = as_text},
                        options);
}

}  // namespace automodel::data
