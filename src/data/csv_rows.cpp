#include "data/csv_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/text_rows.h"

namespace automodel::data {
namespace {

/// A newline inside quotes does not end a record; quotes open where a field begins. Where they are
/// not closed at a field's end the record is malformed and ends with its line, so that no other
/// one is lost with it.
std::size_t end_of_record(std::string_view text, std::size_t begin, char separator) {
  bool quoted = false, opens = true;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\n';
    if (quoted && text[at] == '"' && next == '"') {
      ++at;
    } else if (quoted && text[at] == '"') {
      quoted = false;
      if (next != separator && next != '\n' && next != '\r') {
        return std::min(text.find('\n', begin), text.size());
      }
    } else if (!quoted && text[at] == '\n') {
      return at;
    } else if (text[at] == '"' && opens) {
      quoted = true;
    }
    opens = !quoted && text[at] == separator;
  }
  return quoted ? std::min(text.find('\n', begin), text.size()) : text.size();
}

/// Cuts one record into fields.
class Fields {
 public:
  Fields(std::string_view record, char separator, std::string path, std::int64_t line)
      : record_(record.ends_with('\r') ? record.substr(0, record.size() - 1) : record),
        separator_(separator),
        path_(std::move(path)),
        line_(line) {}

  std::vector<std::string> run() {
    check_utf8(record_, path_, line_);
    std::vector<std::string> fields;
    do {
      fields.push_back(at_ < record_.size() && record_[at_] == '"' ? quoted() : plain());
    } while (at_++ < record_.size());  // past the separator
    return fields;
  }

 private:
  [[noreturn]] void refuse(std::size_t at, std::string_view reason) const {
    const auto before = record_.substr(0, at);
    const auto begin = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(ErrorKind::corrupt_data, "{}:{}:{}: {}", path_,
         line_ + std::count(before.begin(), before.end(), '\n'), at - begin + 1, reason);
  }

  std::string plain() {
    const std::size_t end = std::min(record_.find(separator_, at_), record_.size());
    const std::string_view field = record_.substr(at_, end - at_);
    at_ = end;
    return std::string(field);
  }

  std::string quoted() {
    const std::size_t open = at_++;
    std::string field;
    while (true) {
      const std::size_t quote = record_.find('"', at_);
      if (quote == std::string_view::npos) {
        refuse(open, "the quote that is opened here is not closed");
      }
      field += record_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (at_ >= record_.size() || record_[at_] != '"') {
        break;
      }
      field += '"';
      ++at_;
    }
    if (at_ < record_.size() && record_[at_] != separator_) {
      refuse(at_, "text follows the closing quote of a field");
    }
    return field;
  }

  std::string_view record_;
  char separator_;
  std::string path_;
  std::int64_t line_;
  std::size_t at_ = 0;
};

/// Spreadsheets write semicolons where a comma stands in numbers.
char separator_of(std::string_view text, const std::string& ending) {
  if (ending == ".tsv") {
    return '\t';
  }
  const auto header = text.substr(0, text.find('\n'));
  const auto has = [&](char c) { return header.find(c) != std::string_view::npos; };
  return has(',') ? ',' : has(';') ? ';' : has('\t') ? '\t' : ',';
}

void check_header(const std::vector<std::string>& names, const std::string& path) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    check(!trim(names[i]).empty(), ErrorKind::corrupt_data,
          "{}:1: column {} of the header has no name; the first line must name the columns", path,
          i + 1);
    check(std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) ==
              names.begin() + static_cast<std::ptrdiff_t>(i),
          ErrorKind::corrupt_data, "{}:1: the header names the column '{}' twice", path, names[i]);
  }
}

}  // namespace

std::shared_ptr<const RowSource> open_csv(const std::string& path, const SourceOptions& options) {
  FileText file(path);
  refuse_lone_returns(file.text(), path);
  const std::string ending = to_lower_ascii(without_compression(path).extension().string());
  const char separator = separator_of(file.text(), ending);
  const std::size_t header_end = end_of_record(file.text(), 0, separator);
  const auto names = Fields(file.text().substr(0, header_end), separator, path, 1).run();
  if (!trim(file.text()).empty()) {
    check_header(names, path);
  }
  const auto parse = [names, separator](std::string_view record, const std::string& source,
                                        std::int64_t line) {
    auto fields = Fields(record, separator, source, line).run();
    check(fields.size() == names.size(), ErrorKind::corrupt_data,
          "{}:{}: the row has {} fields, the header {}", source, line, fields.size(), names.size());
    Json row = Json::object();
    for (std::size_t i = 0; i < names.size(); ++i) {
      row[names[i]] = std::move(fields[i]);
    }
    return row;
  };
  const std::size_t first = std::min(header_end + 1, file.text().size());
  return make_text_rows(
      std::move(file),
      {.name = separator == '\t' ? "TSV" : "CSV",
       .begin = first,
       .end = [separator](std::string_view text,
                          std::size_t begin) { return end_of_record(text, begin, separator); },
       .blanks = " \r",
       .parse = parse},
      options);
}

}  // namespace automodel::data
