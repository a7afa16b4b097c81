#include "data/nanogpt.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/known.h"
#include "base/lfs_pointer.h"
#include "base/random.h"
#include "data/source.h"

namespace automodel::data {
namespace {

constexpr std::int32_t kMagic = 278895051;
constexpr std::int32_t kOldMagic = 20240520;
constexpr std::size_t kHeaderBytes = 256 * sizeof(std::int32_t);

class TokenFile {
 public:
  explicit TokenFile(const std::string& path) : file_(path) {
    refuse_lfs_pointer(file_.text(), path);
    check(file_.bytes().size() >= kHeaderBytes, ErrorKind::corrupt_data,
          "{}: the file has {} bytes, fewer than a header of {}", path, file_.bytes().size(),
          kHeaderBytes);
    const std::int32_t magic = header(0);
    check(magic == kMagic || magic == kOldMagic, ErrorKind::corrupt_data,
          "{}: this is no token file of nanogpt: it begins with {}, expected {} or {}", path, magic,
          kMagic, kOldMagic);
    check(header(1) == 1, ErrorKind::unsupported, "{}: the file has version {}, expected 1", path,
          header(1));
    width_ = magic == kOldMagic ? 2 : header(3);
    check(width_ == 2 || width_ == 4, ErrorKind::corrupt_data,
          "{}: tokens of {} bytes; expected 2 or 4", path, width_);
    size_ = header(2);
    const auto held = static_cast<std::int64_t>(file_.bytes().size() - kHeaderBytes) / width_;
    check(size_ == held, ErrorKind::corrupt_data,
          "{}: the header speaks of {} tokens, but the file holds {}; was its writing or copying "
          "cut short?",
          path, size_, held);
  }

  std::int64_t size() const { return size_; }
  std::uint64_t content_hash() const { return quick_checksum(file_.text()); }
  std::string path() const { return file_.path().string(); }

  std::int64_t at(std::int64_t index) const {
    const std::byte* from = file_.bytes().data() + kHeaderBytes + index * width_;
    if (width_ == 2) {
      std::uint16_t value = 0;
      std::memcpy(&value, from, sizeof(value));
      return value;
    }
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof(value));
    return value;
  }

 private:
  std::int32_t header(std::size_t index) const {
    std::int32_t value = 0;
    std::memcpy(&value, file_.bytes().data() + index * sizeof(value), sizeof(value));
    return value;
  }

  MappedFile file_;
  std::int64_t size_ = 0;
  int width_ = 0;
};

class Nanogpt : public Dataset {
 public:
  Nanogpt(const std::vector<std::string>& paths, const NanogptOptions& options)
      : length_(options.seq_len + 1) {
    for (const std::string& path : paths) {
      files_.emplace_back(path);
      add_windows(options);
    }
    check(!begins_.empty(), ErrorKind::invalid_argument,
          "none of the {} files holds a sample: {} tokens{}", files_.size(), length_,
          options.align_to_bos
              ? fmt::format(" that begin with bos_token {}", known(options.bos_token))
              : "");
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(begins_.size()); }

  TokenizedSample sample(std::int64_t index) const override {
    const auto [file, begin] = begins_.at(static_cast<std::size_t>(index));
    const TokenFile& tokens = files_[file];
    std::vector<std::int32_t> ids;
    ids.reserve(static_cast<std::size_t>(length_));
    for (std::int64_t i = begin; i < begin + length_; ++i) {
      const std::int64_t id = tokens.at(i);
      check(id <= std::numeric_limits<std::int32_t>::max(), ErrorKind::corrupt_data,
            "{}: token {} is {}, which is no token id", tokens.path(), i, id);
      ids.push_back(static_cast<std::int32_t>(id));
    }
    return token_window(std::move(ids));
  }

  std::string location(std::int64_t index) const override {
    const auto [file, begin] = begins_.at(static_cast<std::size_t>(index));
    return fmt::format("{}: from token {} on", files_[file].path(), begin);
  }

  std::uint64_t content_hash() const override {
    std::vector<std::int64_t> numbers = {length_};
    for (const TokenFile& file : files_) {
      numbers.push_back(static_cast<std::int64_t>(file.content_hash()));
    }
    for (const auto& [file, begin] : begins_) {
      numbers.push_back(begin);
    }
    return hash_of_numbers(numbers);
  }

 private:
  void add_windows(const NanogptOptions& options) {
    const TokenFile& file = files_.back();
    const auto is_begin = [&](std::int64_t at) {
      return !options.align_to_bos || file.at(at) == *options.bos_token;
    };
    for (std::int64_t at = 0; at + length_ <= file.size();) {
      if (is_begin(at)) {
        begins_.emplace_back(files_.size() - 1, at);
        at += length_;
      } else {
        ++at;
      }
    }
  }

  std::int64_t length_;
  std::vector<TokenFile> files_;
  std::vector<std::pair<std::size_t, std::int64_t>> begins_;  // file and token of each sample
};

}  // namespace

std::unique_ptr<const Dataset> make_nanogpt_dataset(const NanogptOptions& options) {
  check(options.seq_len > 0, ErrorKind::invalid_argument,
        "seq_len must be a positive number of tokens, found {}", options.seq_len);
  check(!options.align_to_bos || options.bos_token, ErrorKind::invalid_argument,
        "align_to_bos needs bos_token: the token that samples begin with");
  std::vector<std::string> paths;
  for (const std::string& file : options.files) {
    const auto found = find_paths(file);
    paths.insert(paths.end(), found.begin(), found.end());
  }
  if (options.shuffle_files) {
    std::vector<std::string> shuffled;
    for (const std::int64_t i : permutation(static_cast<std::int64_t>(paths.size()),
                                            RandomStream(0, StreamPurpose::shuffle))) {
      shuffled.push_back(paths[static_cast<std::size_t>(i)]);
    }
    paths = std::move(shuffled);
  }
  return std::make_unique<Nanogpt>(paths, options);
}

NanogptOptions read_nanogpt_options(Keys& keys) {
  NanogptOptions options;
  options.files = keys.paths("file_pattern");
  options.seq_len = keys.integer("seq_len", 0);
  options.align_to_bos = keys.flag("align_to_bos", false);
  options.shuffle_files = keys.flag("shuffle_files", false);
  if (const auto bos = keys.maybe_integer("bos_token")) {
    check(*bos >= 0 && *bos <= std::numeric_limits<std::int32_t>::max(),
          ErrorKind::invalid_argument, "bos_token must be a token id, found {}", *bos);
    options.bos_token = static_cast<std::int32_t>(*bos);
  }
  return options;
}

}  // namespace automodel::data
