#pragma once
// The text of a data file, compressed or not.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/utf8.h"

namespace automodel::data {

struct ExpandLimits {
  /// A compressed file that holds more than so many times its size, and more than `always`, is
  /// taken for a decompression bomb.
  std::uint64_t most_times = 256;
  std::uint64_t always = std::uint64_t{64} << 20;
};

/// Writes the text of a file of another kind, piece by piece.
using Expand = std::function<void(const std::function<void(std::string_view)>& write)>;

/// A file's bytes, memory-mapped. A .gz or .zst file is expanded into a file without name in the
/// cache folder "expanded", which the disk gets back when the object goes.
class FileText {
 public:
  /// Throws Error(not_found | io), Error(corrupt_data) that names the file if what is compressed is
  /// damaged, cut off or a bomb, or the text is UTF-16.
  explicit FileText(const std::string& path, const ExpandLimits& limits = {});
  /// What `expand` writes, kept as an expanded file is. Throws the same.
  FileText(const std::string& path, const Expand& expand, const ExpandLimits& limits = {});

  /// Without a byte order mark at its beginning: it is no text, and JSON has no place for it.
  std::string_view text() const { return without_byte_order_mark(file_.text()); }
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  /// As given, for errors.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  MappedFile file_;
};

/// "rows.jsonl" for "rows.jsonl.gz" and "rows.jsonl.zst"; other names as they are.
std::filesystem::path without_compression(const std::filesystem::path& path);

}  // namespace automodel::data
