#include "data/token_store.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/cache_folder.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/parallel.h"

namespace automodel::data {
namespace {

constexpr std::string_view kMagic = "AMTOKEN3";
constexpr std::uint32_t kLearnt = 0x80000000U;

struct Footer {
  std::int64_t num_tokens = 0, num_documents = 0, num_rows = 0;
  std::uint64_t checksum = 0;  // of all before it
  std::array<char, 8> magic{};
};
static_assert(sizeof(Footer) == 40);

std::uint16_t packed(const SampleNotes& notes) {
  return static_cast<std::uint16_t>(
      notes.special_in_content | notes.merged_boundary << 1 | notes.empty_answer << 2 |
      notes.all_learnt << 3 | notes.truncated << 4 | notes.is_window << 5 |
      notes.ends_in_class << 6 | notes.not_truncated << 7 | notes.not_shown << 8);
}

SampleNotes unpacked(std::uint16_t bits) {
  return {.special_in_content = (bits & 1) != 0,
          .merged_boundary = (bits & 2) != 0,
          .empty_answer = (bits & 4) != 0,
          .not_shown = (bits & 256) != 0,
          .all_learnt = (bits & 8) != 0,
          .truncated = (bits & 16) != 0,
          .not_truncated = (bits & 128) != 0,
          .is_window = (bits & 32) != 0,
          .ends_in_class = (bits & 64) != 0};
}

/// Collects the tables while the tokens go to disk.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& path) : file_(path) { write(kMagic); }

  void add(const TokenizedSample& sample) {
    words_.clear();
    for (std::size_t t = 0; t < sample.ids.size(); ++t) {
      const auto id = static_cast<std::uint32_t>(sample.ids[t]);
      words_.push_back(id | (sample.loss_mask[t] != 0 ? kLearnt : 0));
    }
    write(bytes_of(words_));
    for (const std::int64_t length : sample.document_lengths) {
      num_tokens_ += length;
      document_ends_.push_back(num_tokens_);
    }
    row_ends_.push_back(static_cast<std::int64_t>(document_ends_.size()));
    notes_.push_back(packed(sample.notes));
  }

  void finish() {
    write(std::string(num_tokens_ % 2 == 0 ? 0 : sizeof(std::uint32_t), '\0'));  // alignment
    for (const auto bytes : {bytes_of(document_ends_), bytes_of(row_ends_), bytes_of(notes_)}) {
      write(bytes);
    }
    Footer footer{.num_tokens = num_tokens_,
                  .num_documents = static_cast<std::int64_t>(document_ends_.size()),
                  .num_rows = static_cast<std::int64_t>(row_ends_.size())};
    sum_.update({reinterpret_cast<const char*>(&footer), offsetof(Footer, checksum)});
    footer.checksum = sum_.digest();
    std::copy(kMagic.begin(), kMagic.end(), footer.magic.begin());
    const ErrorContext context("{}", kWritingToCache);
    file_.write({reinterpret_cast<const char*>(&footer), sizeof(footer)});
    file_.commit();
  }

 private:
  void write(std::string_view bytes) {
    const ErrorContext context("{}", kWritingToCache);
    sum_.update(bytes);
    file_.write(bytes);
  }

  AtomicFile file_;
  Checksum sum_;
  std::vector<std::uint32_t> words_;
  std::int64_t num_tokens_ = 0;
  std::vector<std::int64_t> document_ends_, row_ends_;
  std::vector<std::uint16_t> notes_;
};

/// Cuts spans off the front of bytes.
class Cutter {
 public:
  explicit Cutter(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool fits(std::int64_t count, std::size_t size) const {
    return count >= 0 && static_cast<std::uint64_t>(count) <= rest_.size() / size;
  }
  template <typename T>
  std::span<const T> take(std::int64_t count) {
    const std::span<const T> out(reinterpret_cast<const T*>(rest_.data()),
                                 static_cast<std::size_t>(count));
    rest_ = rest_.subspan(out.size_bytes());
    return out;
  }
  bool is_empty() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

/// What a version of this program makes of rows may differ from what another one does.
std::uint64_t program_hash() { return checksum(MappedFile("/proc/self/exe").text()); }

/// Of a store with one document in each row.
std::uint64_t expected_bytes(std::int64_t num_rows, std::int64_t row_tokens) {
  constexpr auto kRowBytes = 2 * sizeof(std::int64_t) + sizeof(std::uint16_t);
  return static_cast<std::uint64_t>(num_rows) *
         (kRowBytes + sizeof(std::uint32_t) * static_cast<std::uint64_t>(row_tokens));
}

[[noreturn]] void refuse(const std::filesystem::path& path) {
  fail(ErrorKind::corrupt_data,
       "{} is damaged, or not a file of tokens of this data; remove it, it is made again",
       path.string());
}

}  // namespace

void TokenStore::write(const Dataset& source, const std::filesystem::path& path, int num_threads,
                       const OnRows& on_rows) {
  Writer writer(path);
  for_row_chunks(source.size(), on_rows, [&](std::int64_t begin, std::int64_t end) {
    std::vector<TokenizedSample> samples(static_cast<std::size_t>(end - begin));
    parallel_for(end - begin, num_threads, [&](std::int64_t i) {
      samples[static_cast<std::size_t>(i)] = source.sample(begin + i);
    });
    std::for_each(samples.begin(), samples.end(), [&](const auto& sample) { writer.add(sample); });
  });
  writer.finish();
}

TokenStore::TokenStore(const std::filesystem::path& path, std::shared_ptr<const Dataset> source)
    : file_(path), source_(std::move(source)) {
  const auto bytes = file_.bytes();
  if (bytes.size() < kMagic.size() + sizeof(Footer)) {
    refuse(path);
  }
  Footer footer;
  std::memcpy(&footer, bytes.data() + bytes.size() - sizeof(Footer), sizeof(Footer));
  Cutter cutter(bytes.subspan(kMagic.size(), bytes.size() - kMagic.size() - sizeof(Footer)));
  const std::int64_t num_words = footer.num_tokens + footer.num_tokens % 2;
  if (std::string_view(footer.magic.data(), footer.magic.size()) != kMagic ||
      footer.num_rows != source_->size() || !cutter.fits(num_words, sizeof(std::uint32_t))) {
    refuse(path);
  }
  tokens_ =
      cutter.take<std::uint32_t>(num_words).first(static_cast<std::size_t>(footer.num_tokens));
  for (auto [table, count] :
       {std::pair(&document_ends_, footer.num_documents), std::pair(&row_ends_, footer.num_rows)}) {
    if (!cutter.fits(count, sizeof(std::int64_t))) {
      refuse(path);
    }
    *table = cutter.take<std::int64_t>(count);
  }
  if (!cutter.fits(footer.num_rows, sizeof(std::uint16_t))) {
    refuse(path);
  }
  notes_ = cutter.take<std::uint16_t>(footer.num_rows);
  const auto content =
      file_.text().substr(0, bytes.size() - sizeof(Footer) + offsetof(Footer, checksum));
  if (!cutter.is_empty() || checksum(content) != footer.checksum) {
    refuse(path);
  }
  file_.release_pages();
  check_tables();
}

/// The checksum guards against accidents; that no index leads outside is looked at all the same.
void TokenStore::check_tables() const {
  const auto is_table = [](std::span<const std::int64_t> ends, std::int64_t last) {
    return std::is_sorted(ends.begin(), ends.end()) && (ends.empty() || ends.front() >= 0) &&
           (ends.empty() ? last == 0 : ends.back() == last);
  };
  if (!is_table(document_ends_, num_tokens()) || !is_table(row_ends_, num_documents())) {
    refuse(file_.path());
  }
}

std::int64_t TokenStore::document_begin(std::int64_t row) const {
  return row == 0 ? 0 : row_ends_[static_cast<std::size_t>(row - 1)];
}

std::int64_t TokenStore::token_begin(std::int64_t document) const {
  return document == 0 ? 0 : document_ends_[static_cast<std::size_t>(document - 1)];
}

std::vector<StoredDocument> TokenStore::documents() const {
  std::vector<StoredDocument> out;
  out.reserve(document_ends_.size());
  for (std::int64_t row = 0; row < size(); ++row) {
    for (auto d = document_begin(row); d < row_ends_[static_cast<std::size_t>(row)]; ++d) {
      out.push_back({row, token_begin(d), document_ends_[static_cast<std::size_t>(d)]});
    }
  }
  return out;
}

std::vector<std::int64_t> TokenStore::row_lengths() const {
  std::vector<std::int64_t> out;
  out.reserve(row_ends_.size());
  for (std::int64_t row = 0; row < size(); ++row) {
    out.push_back(token_begin(row_ends_[static_cast<std::size_t>(row)]) -
                  token_begin(document_begin(row)));
  }
  return out;
}

SampleNotes TokenStore::notes(std::int64_t row) const {
  return unpacked(notes_[static_cast<std::size_t>(row)]);
}

bool TokenStore::learns(std::int64_t begin, std::int64_t end) const {
  const auto words =
      tokens_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  return std::any_of(words.begin(), words.end(), [](auto word) { return (word & kLearnt) != 0; });
}

TokenizedSample TokenStore::sample(std::int64_t index) const {
  check(index >= 0 && index < size(), ErrorKind::invalid_argument,
        "row {} of a data set of {} rows does not exist", index, size());
  TokenizedSample out;
  for (auto d = document_begin(index); d < row_ends_[static_cast<std::size_t>(index)]; ++d) {
    append(out, token_begin(d), document_ends_[static_cast<std::size_t>(d)]);
  }
  out.notes = notes(index);
  return out;
}

void TokenStore::append(TokenizedSample& sample, std::int64_t begin, std::int64_t end) const {
  const auto words =
      tokens_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  sample.document_lengths.push_back(end - begin);
  for (const std::uint32_t word : words) {
    sample.ids.push_back(static_cast<std::int32_t>(word & ~kLearnt));
    sample.loss_mask.push_back(static_cast<std::uint8_t>(word >> 31));
  }
}

std::shared_ptr<const TokenStore> open_token_store(std::shared_ptr<const Dataset> source,
                                                   std::uint64_t keys,
                                                   const StoreOptions& options) {
  const std::uint64_t key = hash_of(source->content_hash(), keys, program_hash());
  const auto folder = cache_folder("tokens");
  remove_abandoned_files(folder);
  const auto path = folder / fmt::format("{:016x}.tokens", key);
  if (!std::filesystem::exists(path)) {
    check_cache_space(folder, expected_bytes(source->size(), options.row_tokens));
    TokenStore::write(*source, path, options.num_threads, options.on_rows);
  }
  return std::make_shared<const TokenStore>(path, std::move(source));
}

}  // namespace automodel::data
