#include "data/packed.h"

#include <algorithm>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/random.h"

namespace automodel::data {
namespace {

/// In the place of the epoch in the shuffle's random stream.
constexpr std::uint64_t kBeforePacking = ~std::uint64_t{1};

/// The room that a document takes.
std::int64_t room_of(const StoredDocument& document, const PackOptions& options) {
  const std::int64_t length = document.end - document.begin;
  return length - (options.drop_last_token && length > 1 ? 1 : 0);
}

/// Parts overlap by the one token that the next part's first label is predicted from.
std::vector<StoredDocument> parts_of(const StoredDocument& document, const PackOptions& options) {
  const std::int64_t longest = options.capacity + (options.drop_last_token ? 1 : 0);
  std::vector<StoredDocument> parts;
  std::int64_t begin = document.begin;
  do {
    const std::int64_t end = std::min(begin + longest, document.end);
    parts.push_back({document.row, begin, end});
    begin = end - 1;
  } while (parts.back().end < document.end);
  return parts;
}

std::vector<StoredDocument> in_order(const TokenStore& rows, const PackOptions& options) {
  std::vector<StoredDocument> documents = rows.documents();
  if (!options.shuffle_seed) {
    return documents;
  }
  const auto order =
      permutation(static_cast<std::int64_t>(documents.size()),
                  RandomStream(*options.shuffle_seed, StreamPurpose::shuffle, kBeforePacking));
  std::vector<StoredDocument> out;
  out.reserve(documents.size());
  for (const std::int64_t d : order) {
    out.push_back(documents[static_cast<std::size_t>(d)]);
  }
  return out;
}

}  // namespace

/// A step of parts of which nothing is learnt would have no loss.
void PackedDataset::add_learnt_parts(std::vector<StoredDocument>& out,
                                     const StoredDocument& document, const PackOptions& options) {
  for (const StoredDocument& part : parts_of(document, options)) {
    if (rows_->learns(part.begin + 1, part.end)) {  // the first token is predicted from nothing
      out.push_back(part);
    } else {
      ++stats_.num_unlearnt_parts;
    }
  }
}

std::vector<StoredDocument> PackedDataset::pieces(const PackOptions& options) {
  std::vector<StoredDocument> out;
  for (const StoredDocument& document : in_order(*rows_, options)) {
    const std::int64_t room = room_of(document, options);
    if (room <= options.capacity) {
      out.push_back(document);
    } else if (options.long_documents == LongDocuments::split) {
      check(
          !rows_->notes(document.row).ends_in_class, ErrorKind::invalid_argument,
          "{}: the row has {} tokens, more than the {} of a pack, and a row with a class cannot be "
          "split; set max_length, or packed_sequence.long_samples: drop",
          rows_->location(document.row), room, options.capacity);
      ++stats_.num_split;
      add_learnt_parts(out, document, options);
    } else {
      check(options.long_documents == LongDocuments::drop, ErrorKind::invalid_argument,
            "{}: the row has a document of {} tokens, more than the {} of a pack; raise "
            "packed_sequence.packed_sequence_size, or say by packed_sequence.long_samples whether "
            "to split or drop such rows",
            rows_->location(document.row), room, options.capacity);
      ++stats_.num_dropped;
    }
  }
  return out;
}

PackedDataset::PackedDataset(std::shared_ptr<const TokenStore> rows, const PackOptions& options)
    : rows_(std::move(rows)) {
  check(options.capacity > 1, ErrorKind::invalid_argument,
        "packed_sequence_size must be at least 2 tokens, found {}", options.capacity);
  pieces_ = pieces(options);
  std::vector<std::int64_t> lengths;
  lengths.reserve(pieces_.size());
  for (const StoredDocument& piece : pieces_) {
    lengths.push_back(room_of(piece, options));
  }
  packs_ = pack_lengths(lengths, options.capacity, options.order);
  const auto num_packed = static_cast<std::int64_t>(packs_.items.size());
  if (options.max_packs && *options.max_packs < packs_.size()) {
    packs_.ends.resize(static_cast<std::size_t>(*options.max_packs));
    packs_.items.resize(static_cast<std::size_t>(packs_.ends.back()));
  }
  stats_.fill = pack_fill(lengths, packs_, options.capacity);
  stats_.num_packs = packs_.size();
  stats_.num_documents = static_cast<std::int64_t>(packs_.items.size());
  stats_.num_beyond = num_packed - stats_.num_documents;
  check(stats_.num_packs > 0, ErrorKind::invalid_argument,
        "no pack can be made: all {} documents are longer than the {} tokens of a pack{}",
        stats_.num_dropped + stats_.num_split, options.capacity,
        stats_.num_split > 0 ? ", and nothing is learnt of their parts" : "");
}

TokenizedSample PackedDataset::sample(std::int64_t index) const {
  check(index >= 0 && index < size(), ErrorKind::invalid_argument,
        "pack {} of {} packs does not exist", index, size());
  TokenizedSample out;
  out.notes.all_learnt = true;
  for (const std::int64_t item : packs_.pack(index)) {
    const StoredDocument& piece = pieces_[static_cast<std::size_t>(item)];
    rows_->append(out, piece.begin, piece.end);
    add_notes(out.notes, rows_->notes(piece.row));
  }
  return out;
}

std::string PackedDataset::location(std::int64_t index) const {
  const auto num_documents = packs_.pack(index).size();
  const std::string first = document_location(index, 0);
  return num_documents == 1
             ? first
             : fmt::format("{} and {} more documents of a pack", first, num_documents - 1);
}

std::string PackedDataset::document_location(std::int64_t index, std::int64_t document) const {
  const auto item = packs_.pack(index)[static_cast<std::size_t>(document)];
  return rows_->location(pieces_[static_cast<std::size_t>(item)].row);
}

std::uint64_t PackedDataset::content_hash() const {
  std::vector<std::int64_t> bounds;  // two capacities may cut documents into as many parts
  bounds.reserve(2 * pieces_.size());
  for (const StoredDocument& piece : pieces_) {
    bounds.insert(bounds.end(), {piece.begin, piece.end});
  }
  return hash_of(rows_->content_hash(), hash_of_numbers(bounds), hash_of_numbers(packs_.items),
                 hash_of_numbers(packs_.ends));
}

std::string describe_packs(const PackStats& stats, const PackOptions& options) {
  std::string text =
      fmt::format("{} packs of {} tokens hold {} documents, filled to {:.1f} %", stats.num_packs,
                  options.capacity, stats.num_documents, 100 * stats.fill);
  if (stats.num_beyond > 0) {
    text += fmt::format("; {} further documents are left out by max_packs", stats.num_beyond);
  }
  if (stats.num_split > 0) {
    text += fmt::format("; {} longer ones were split", stats.num_split);
  }
  if (stats.num_unlearnt_parts > 0) {
    text += fmt::format("; {} of their parts were left out: nothing of them is learnt",
                        stats.num_unlearnt_parts);
  }
  if (stats.num_dropped > 0) {
    text += fmt::format("; {} longer ones were left out", stats.num_dropped);
  }
  constexpr double kPoor = 0.95;
  if (stats.fill < kPoor && options.order == PackOrder::in_order) {
    text += "; packing_strategy: neat fills packs better";
  }
  return text;
}

}  // namespace automodel::data
