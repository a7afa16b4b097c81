#include "data/classification.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "data/class_names.h"
#include "data/columns.h"
#include "data/limit.h"
#include "data/split.h"

namespace automodel::data {
namespace {

/// Throws Error(invalid_argument) for a class that the model's head does not have.
std::int32_t label_of(const Json& row, const LabelColumn& labels, std::int64_t num_labels) {
  const auto label = class_of(column(row, labels.name), labels);
  check(num_labels == 0 || label < num_labels, ErrorKind::invalid_argument,
        "column '{}' is class {}, but the model tells {} classes, from 0 on; set model.num_labels",
        labels.name, label, num_labels);
  return label;
}

class ClassificationFormat {
 public:
  ClassificationFormat(ClassificationOptions options, std::shared_ptr<const TextContext> context)
      : options_(std::move(options)),
        context_(std::move(context)),
        labels_{.name = options_.label_column,
                .class_names = options_.labels.empty() ? context_->class_names : options_.labels,
                .holds_names = !options_.labels.empty()},
        limit_(lesser_limit(options_.max_length, context_->max_tokens)) {}

  TokenizedSample operator()(const Json& row) const {
    std::vector<std::string> texts = {text_column(row, options_.text_column)};
    if (options_.pair_column) {
      texts.push_back(text_column(row, *options_.pair_column));
    }
    auto encoded = encode(texts);
    check(!encoded.ids.empty(), ErrorKind::corrupt_data,
          "column '{}' is empty: there is no token to tell the class from", options_.text_column);
    TokenizedSample sample =
        class_sample(std::move(encoded.ids), label_of(row, labels_, context_->num_labels));
    sample.notes.truncated = encoded.is_cut;
    sample.notes.special_in_content = std::ranges::any_of(
        texts, [this](const std::string& text) { return context_->tokenizer.has_special(text); });
    if (context_->finds_roles) {
      sample.roles.assign(sample.ids.size(), Role::text);
      sample.roles.back() = Role::label;
    }
    return sample;
  }

 private:
  struct Encoded {
    std::vector<std::int32_t> ids;
    bool is_cut = false;
  };
  Encoded encode(const std::vector<std::string>& texts) const {
    const auto& tokenizer = context_->tokenizer;
    Encoded out{.ids = tokenizer.encode_within(texts)};
    const bool adds_bos = misses_bos(*context_, out.ids);
    const std::int64_t room = limit_ - (adds_bos ? 1 : 0);
    check(limit_ <= 0 || room > 0, ErrorKind::invalid_argument,
          "a row of at most {} tokens has no room beside the BOS token; raise max_length", limit_);
    out.is_cut = limit_ > 0 && static_cast<std::int64_t>(out.ids.size()) > room;
    if (out.is_cut) {
      out.ids = tokenizer.encode_within(texts, {.max_length = static_cast<std::size_t>(room),
                                                .cuts_beginning = context_->cuts_beginning});
    }
    if (adds_bos) {
      out.ids.insert(out.ids.begin(), known(context_->bos_id));
    }
    return out;
  }

  ClassificationOptions options_;
  std::shared_ptr<const TextContext> context_;
  LabelColumn labels_;
  std::int64_t limit_;
};

std::int64_t read_length(Keys& keys) {
  const auto length = keys.any("max_length").is_null() ? 0 : keys.integer("max_length", 0);
  check(length >= 0, ErrorKind::invalid_argument,
        "max_length must be a positive number of tokens, found {}", length);
  return length;
}

std::vector<std::string> read_labels(Keys& keys) {
  const Json value = keys.any("labels");
  const bool are_texts =
      value.is_array() && std::ranges::all_of(value, [](const Json& v) { return v.is_string(); });
  check(value.is_null() || are_texts, ErrorKind::invalid_argument,
        "labels must be a list of the classes' names, found {}", value.dump());
  auto names = value.is_null() ? std::vector<std::string>() : value.get<std::vector<std::string>>();
  for (auto name = names.begin(); name != names.end(); ++name) {
    check(std::find(names.begin(), name, *name) == name, ErrorKind::invalid_argument,
          "labels lists the class '{}' twice; its place in the list is its number, so it must have "
          "one",
          *name);
  }
  return names;
}

}  // namespace

TokenizedSample class_sample(std::vector<std::int32_t> ids, std::int32_t label) {
  std::vector<std::uint8_t> learnt(ids.size(), 0);
  ids.push_back(label);
  learnt.push_back(1);
  TokenizedSample sample;
  sample.notes = {.all_learnt = true, .ends_in_class = true};
  append_document(sample, std::move(ids), std::move(learnt));
  return sample;
}

std::unique_ptr<const Dataset> make_classification_dataset(const ClassificationOptions& options,
                                                           TextContext context) {
  const auto shared = std::make_shared<const TextContext>(std::move(context));
  return make_row_dataset(open_split(options.paths, options.split, options.rows),
                          ClassificationFormat(options, shared), shared);
}

ClassificationOptions read_classification_options(Keys& keys) {
  ClassificationOptions options;
  options.paths = keys.paths("path_or_dataset_id");
  options.split = keys.text("split", "train");
  options.rows.configuration = keys.text("name", "");
  options.rows.revision = keys.text("revision", "main");
  options.rows.max_rows = keys.maybe_integer("limit_dataset_samples");
  options.text_column = keys.text("text_column", "text");
  options.pair_column = keys.maybe_text("text_pair_column");
  options.label_column = keys.text("label_column", "label");
  options.labels = read_labels(keys);
  options.max_length = read_length(keys);
  options.rows.source = read_source_options(keys);
  return options;
}

ClassificationOptions read_review_options(Keys& keys) {
  ClassificationOptions options;
  options.paths = keys.paths("path_or_dataset");
  options.split = keys.text("split", "train");
  options.rows.max_rows = keys.maybe_integer("num_samples_limit");
  options.max_length = read_length(keys);
  options.rows.source = read_source_options(keys);
  keys.any("trust_remote_code");
  return options;
}

ClassificationOptions read_mrpc_options(Keys& keys) {
  auto options = read_review_options(keys);
  options.rows.configuration =
      options.paths == std::vector<std::string>{"nyu-mll/glue"} ? "mrpc" : "";
  options.text_column = "sentence1";
  options.pair_column = "sentence2";
  return options;
}

}  // namespace automodel::data
