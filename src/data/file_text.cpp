#include "data/file_text.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/lfs_pointer.h"
#include "base/text.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

/// Where the expanded bytes go, with an eye on how many they become.
class Sink {
 public:
  Sink(const fs::path& source, const fs::path& folder, const ExpandLimits& limits)
      : source_(source),
        most_(std::max<std::uint64_t>(limits.always,
                                      limits.most_times * MappedFile(source).bytes().size())),
        file_(OutputFile::without_name(folder)) {}

  void write(std::string_view bytes) {
    total_ += bytes.size();
    check(
        total_ <= most_, ErrorKind::corrupt_data,
        "{}: expands to more than {}, which looks like a decompression bomb; if it is data, expand "
        "it yourself and give the expanded file",
        source_.string(), human_bytes(most_));
    const ErrorContext context("expanding {}", source_.string());
    const ErrorContext cache("{}", kWritingToCache);
    file_.write(bytes);
  }
  MappedFile map() const { return file_.map(); }
  [[noreturn]] void refuse(std::string_view reason) const {
    fail(ErrorKind::corrupt_data, "{}: cannot be expanded after {}: {}", source_.string(),
         human_bytes(total_), reason);
  }

 private:
  fs::path source_;
  std::uint64_t most_;
  std::uint64_t total_ = 0;
  OutputFile file_;
};

struct EndInflate {
  void operator()(::z_stream* stream) const {
    ::inflateEnd(stream);
    delete stream;  // NOLINT(cppcoreguidelines-owning-memory): made below
  }
};

/// One gzip member after the other.
void expand_gzip(const MappedFile& file, Sink& sink) {
  std::unique_ptr<::z_stream, EndInflate> stream(new ::z_stream{});
  constexpr int kGzipOnly = 15 + 16;
  check(::inflateInit2(stream.get(), kGzipOnly) == Z_OK, ErrorKind::internal,
        "zlib cannot be started");
  std::vector<char> out(kChunkBytes);
  auto rest = file.text();
  bool ended = false;
  while (!rest.empty()) {
    const std::size_t given = std::min<std::size_t>(rest.size(), kChunkBytes);
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
    stream->avail_in = static_cast<uInt>(given);
    stream->next_out = reinterpret_cast<Bytef*>(out.data());
    stream->avail_out = static_cast<uInt>(out.size());
    const int status = ::inflate(stream.get(), Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      sink.refuse(stream->msg != nullptr ? stream->msg : "the data is damaged");
    }
    sink.write({out.data(), out.size() - stream->avail_out});
    rest.remove_prefix(given - stream->avail_in);
    ended = status == Z_STREAM_END;
    if (ended) {
      ::inflateReset(stream.get());
    }
  }
  if (!ended) {
    sink.refuse("the file ends in the middle of the data");
  }
}

void expand_zstd(const MappedFile& file, Sink& sink) {
  const std::unique_ptr<::ZSTD_DStream, std::size_t (*)(::ZSTD_DStream*)> stream(
      ::ZSTD_createDStream(), ::ZSTD_freeDStream);
  check(stream != nullptr, ErrorKind::internal, "zstd cannot be started");
  std::vector<char> out(kChunkBytes);
  ::ZSTD_inBuffer in{file.bytes().data(), file.bytes().size(), 0};
  std::size_t left = 1;  // 0 behind a whole frame
  bool is_full = false;  // then what did not fit follows
  while (in.pos < in.size || (left != 0 && is_full)) {
    ::ZSTD_outBuffer chunk{out.data(), out.size(), 0};
    left = ::ZSTD_decompressStream(stream.get(), &chunk, &in);
    if (::ZSTD_isError(left) != 0) {
      sink.refuse(::ZSTD_getErrorName(left));
    }
    sink.write({out.data(), chunk.pos});
    is_full = chunk.pos == chunk.size;
  }
  if (left != 0) {
    sink.refuse("the file ends in the middle of the data");
  }
}

MappedFile expanded(const fs::path& path, const ExpandLimits& limits,
                    const std::function<void(Sink&)>& expand) {
  Sink sink(path, cache_folder("expanded"), limits);
  expand(sink);
  return sink.map();
}

MappedFile open_text(const std::string& path, const ExpandLimits& limits) {
  MappedFile file(path);
  refuse_lfs_pointer(file.text(), path);
  if (without_compression(path) == fs::path(path)) {
    return file;
  }
  check(!file.bytes().empty(), ErrorKind::corrupt_data, "{}: the file is empty", path);
  const bool is_gzip = to_lower_ascii(fs::path(path).extension().string()) == ".gz";
  return expanded(path, limits,
                  [&](Sink& sink) { is_gzip ? expand_gzip(file, sink) : expand_zstd(file, sink); });
}

}  // namespace

FileText::FileText(const std::string& path, const ExpandLimits& limits)
    : path_(path), file_(open_text(path, limits)) {
  refuse_wide_encoding(file_.text(), path);
}

FileText::FileText(const std::string& path, const Expand& expand, const ExpandLimits& limits)
    : path_(path), file_(expanded(path, limits, [&](Sink& sink) {
        expand([&](std::string_view bytes) { sink.write(bytes); });
      })) {}

fs::path without_compression(const fs::path& path) {
  const std::string ending = to_lower_ascii(path.extension().string());
  return ending == ".gz" || ending == ".zst" ? path.parent_path() / path.stem() : path;
}

}  // namespace automodel::data
