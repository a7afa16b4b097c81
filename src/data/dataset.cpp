#include "data/dataset.h"

#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/exit_code.h"

namespace automodel::data {
namespace {

class RowDataset : public Dataset {
 public:
  RowDataset(std::shared_ptr<const RowSource> rows, RowFormat format,
             std::shared_ptr<const TextContext> context)
      : rows_(std::move(rows)), format_(std::move(format)), context_(std::move(context)) {}

  std::int64_t size() const override { return rows_->size(); }

  TokenizedSample sample(std::int64_t index) const override {
    const Json row = rows_->row(index);
    try {
      return format_(row);
    } catch (const Error& error) {
      const ErrorContext context(
          "encoding a row; skip_invalid_samples: true in its data set's section leaves such out");
      const bool is_row = exit_code_of(error.kind()) == ExitCode::bad_input;
      fail(is_row ? ErrorKind::corrupt_data : error.kind(), "{}: {}", rows_->location(index),
           error.message());
    }
  }

  std::string location(std::int64_t index) const override { return rows_->location(index); }
  std::uint64_t content_hash() const override {
    return hash_of(rows_->content_hash(), context_ ? data::content_hash(*context_) : 0);
  }
  std::int64_t num_left_out() const override { return rows_->num_skipped(); }

 private:
  std::shared_ptr<const RowSource> rows_;
  RowFormat format_;
  std::shared_ptr<const TextContext> context_;
};

class SelectedRows : public Dataset {
 public:
  SelectedRows(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    for (const std::int64_t index : indices_) {
      check(index >= 0 && index < dataset_->size(), ErrorKind::invalid_argument,
            "row {} was selected of a data set of {} rows", index, dataset_->size());
    }
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  TokenizedSample sample(std::int64_t index) const override { return dataset_->sample(at(index)); }
  std::string location(std::int64_t index) const override { return dataset_->location(at(index)); }
  std::uint64_t content_hash() const override {
    return hash_of(dataset_->content_hash(), hash_of_numbers(indices_));
  }
  std::int64_t num_left_out() const override {
    return dataset_->num_left_out() + dataset_->size() - size();
  }

 private:
  std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const Dataset> dataset_;
  std::vector<std::int64_t> indices_;
};

}  // namespace

std::unique_ptr<const Dataset> make_row_dataset(std::shared_ptr<const RowSource> rows,
                                                RowFormat format,
                                                std::shared_ptr<const TextContext> context) {
  return std::make_unique<RowDataset>(std::move(rows), std::move(format), std::move(context));
}

std::unique_ptr<const Dataset> select_rows(std::shared_ptr<const Dataset> dataset,
                                           std::vector<std::int64_t> indices) {
  return std::make_unique<SelectedRows>(std::move(dataset), std::move(indices));
}

}  // namespace automodel::data
