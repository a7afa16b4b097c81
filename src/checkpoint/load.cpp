#include "checkpoint/load.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "models/registry.h"
#include "tensor/finite.h"

namespace automodel::checkpoint {
namespace {

constexpr std::size_t kMaxListed = 5;  // of each kind

bool is_rotary_buffer(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq") || name.ends_with("rotary_emb.cos_cached") ||
         name.ends_with("rotary_emb.sin_cached");
}

/// A copy of the tied embedding under the head's name, whatever the element type of both.
bool is_tied_copy(const ModelFolder& model, const std::string& name) {
  if (!model.spec.tied_head || name != models::stored_head_name(model.spec)) {
    return false;
  }
  const auto embedding = model.layout.stored_names(spec::head_weight_name(model.spec)).front();
  return model.weights->contains(embedding) &&
         same_but_for_rounding(model.weights->tensor(name), model.weights->tensor(embedding));
}

std::string missing_text(const ModelFolder& model, const spec::StoredTensor& stored) {
  const bool untied = !model.spec.tied_head && !model.spec.is_classifier() &&
                      stored.name == models::stored_head_name(model.spec);
  return fmt::format(
      "missing: {} {}{}", stored.name, shape_text(stored.shape),
      untied ? " (if the head is the embedding, tie_word_embeddings must be true)" : "");
}

std::string unused_text(const ModelFolder& model, const std::string& name) {
  const bool tied = model.spec.tied_head && name == models::stored_head_name(model.spec);
  return fmt::format("unused: {} {}{}", name, shape_text(model.weights->info(name).shape),
                     tied ? " (config.json ties the head to the embedding, but they differ: if "
                            "the head was trained by itself, tie_word_embeddings must be false)"
                          : "");
}

/// A parameter that would be stored under this name and is not read: one that is drawn, or a buffer
/// that the family's files need not have.
bool is_fresh(const ModelFolder& model, const std::string& parameter, const std::string& stored) {
  return std::ranges::count(model.fresh_parameters, parameter) > 0 ||
         (!model.weights->contains(stored) &&
          spec::has_any_part(stored, models::optional_weights(model.spec)));
}

struct Misfits {
  std::vector<std::string> missing, reshaped, unused;  // a line each
};

Misfits misfits(const ModelFolder& model) {
  const WeightSource& weights = *model.weights;
  Misfits found;
  std::set<std::string> wanted;
  for (const auto& stored : model.layout.tensors()) {
    wanted.insert(stored.name);
    if (is_fresh(model, stored.pieces.front().ours, stored.name)) {
      continue;
    }
    if (!weights.contains(stored.name)) {
      found.missing.push_back(missing_text(model, stored));
    } else if (weights.info(stored.name).shape != stored.shape) {
      found.reshaped.push_back(fmt::format("another shape: {} is {}, config.json says {}",
                                           stored.name, shape_text(weights.info(stored.name).shape),
                                           shape_text(stored.shape)));
    }
  }
  for (const auto& name : weights.names()) {
    if (!wanted.contains(name) && !is_rotary_buffer(name) && !is_tied_copy(model, name) &&
        !spec::has_any_part(name, model.ignored_weights)) {
      found.unused.push_back(unused_text(model, name));
    }
  }
  return found;
}

/// What to do about a head for another number of classes.
std::string advice_for_head(const ModelFolder& model) {
  const auto name = spec::head_weight_name(model.spec);
  const bool is_other = model.spec.is_classifier() && model.weights->contains(name) &&
                        model.weights->info(name).shape.size() == 2 &&
                        model.weights->info(name).shape.front() != model.spec.num_labels;
  return is_other ? fmt::format(
                        "\nThe folder's own head tells {} classes. To train a new one, which tells "
                        "{}, set checkpoint.skip_task_head_prefixes_for_base_model: [score.]",
                        model.weights->info(name).shape.front(), model.spec.num_labels)
                  : "";
}

/// What wraps a model in PyTorch and puts its own name before those of the weights.
struct Wrapper {
  std::string_view prefix, name;
};
constexpr auto kWrappers = std::to_array<Wrapper>({{"_orig_mod.", "torch.compile"},
                                                   {"module.", "DistributedDataParallel"},
                                                   {"_fsdp_wrapped_module.", "FSDP"},
                                                   {"base_model.model.", "PEFT"}});

bool all_begin_with(const std::vector<std::string>& names, std::string_view prefix) {
  return !names.empty() && std::ranges::all_of(names, [&](const std::string& name) {
    return name.starts_with(prefix);
  });
}

/// What to do about weights that were saved with their model's wrappers.
std::string advice_for_wrappers(const std::vector<std::string>& names) {
  std::string prefix;
  std::vector<std::string_view> from;
  const auto next = [&] {
    return std::ranges::find_if(kWrappers, [&](const Wrapper& wrapper) {
      return all_begin_with(names, fmt::format("{}{}", prefix, wrapper.prefix));
    });
  };
  for (const auto* found = next(); found != kWrappers.end(); found = next()) {
    prefix += found->prefix;
    from.push_back(found->name);
  }
  if (from.empty()) {
    return "";
  }
  const bool is_peft = std::ranges::count(from, "PEFT") > 0;
  return fmt::format(
      "\n  all names begin with '{}': the model was saved from {}; save {}", prefix,
      fmt::join(from, " and "),
      is_peft ? "what model.merge_and_unload() returns, or the adapter alone, by save_pretrained()"
              : fmt::format("the unwrapped model (model.{})", prefix.substr(0, prefix.size() - 1)));
}

/// What to do about names that all have the same too much before them.
std::string advice_for_prefix(const ModelFolder& model) {
  const auto& names = model.weights->names();
  const auto& expected = model.layout.tensors();
  for (const auto& name : names) {
    if (!name.ends_with("." + expected.front().name)) {
      continue;
    }
    const auto prefix = name.substr(0, name.size() - expected.front().name.size());
    if (all_begin_with(names, prefix) && std::ranges::all_of(expected, [&](const auto& tensor) {
          return model.weights->contains(prefix + tensor.name);
        })) {
      return fmt::format(
          "\n  all names begin with '{}', without which they fit: the model was saved inside "
          "another one; save it alone",
          prefix);
    }
  }
  return "";
}

/// The lines, the first of each kind.
std::string listed(const Misfits& found) {
  std::string text;
  for (const auto* lines : {&found.missing, &found.reshaped, &found.unused}) {
    for (std::size_t i = 0; i < std::min(lines->size(), kMaxListed); ++i) {
      text += "\n  " + (*lines)[i];
    }
    if (lines->size() > kMaxListed) {
      text += fmt::format("\n  ... and {} more", lines->size() - kMaxListed);
    }
  }
  return text;
}

void check_fit(const ModelFolder& model) {
  const Misfits found = misfits(model);
  if (found.missing.empty() && found.reshaped.empty() && found.unused.empty()) {
    return;
  }
  auto advice = advice_for_wrappers(model.weights->names());
  advice = advice.empty() ? advice_for_prefix(model) : advice;
  fail(ErrorKind::corrupt_data,
       "the weights of {} do not fit its config.json (of {} expected tensors {} are missing and {} "
       "have another shape; of {} weights {} are unused):{}{}{}",
       model.path.string(), model.layout.tensors().size(), found.missing.size(),
       found.reshaped.size(), model.weights->names().size(), found.unused.size(), advice,
       listed(found), advice_for_head(model));
}

/// Stored tensors, proven to be usable; each is proven once, however many parameters share it.
class StoredReader {
 public:
  explicit StoredReader(const ModelFolder& model) : model_(model) {}

  Tensor operator()(const std::string& name) {
    Tensor stored = model_.weights->tensor(name);
    if (proven_.insert(name).second) {
      check(at::isFloatingType(stored.scalar_type()), ErrorKind::unsupported,
            "the weight '{}' in {} is {}; only floating point weights can be loaded", name,
            model_.weights->file(name).string(), dtype_name(stored.scalar_type()));
      check_finite(name, stored);
    }
    return stored;
  }

 private:
  const ModelFolder& model_;
  std::set<std::string> proven_;
};

Tensor load_value(const Tensor& stored, const spec::ParamSpec& param,
                  std::optional<at::ScalarType> wanted, Use use) {
  const auto dtype = nn::loaded_dtype(param, wanted.value_or(stored.scalar_type()));
  Tensor value = stored.to(dtype, /*non_blocking=*/false, /*copy=*/use == Use::train);
  check(dtype != at::kHalf || stored.scalar_type() == at::kHalf || !first_non_finite(value),
        ErrorKind::invalid_argument,
        "the weight '{}' is too large for float16; load the model as bfloat16 or float32",
        param.name);
  return value;
}

}  // namespace

nn::Parameters load_parameters(const ModelFolder& model, std::optional<at::ScalarType> dtype,
                               Use use, std::uint64_t seed) {
  const ErrorContext context("loading the weights of {}", model.path.string());
  check(model.weights != nullptr, ErrorKind::internal, "the model was opened without weights");
  const at::NoGradGuard no_grad;
  check_fit(model);
  StoredReader reader(model);
  nn::Parameters out;
  for (const auto& param : spec::parameters(model.spec)) {
    if (is_fresh(model, param.name, model.layout.stored_names(param.name).front())) {
      out.add(param, nn::initial_value(param, dtype.value_or(stored_dtype(model)), seed));
      continue;
    }
    const Tensor stored = model.layout.to_parameter(param, std::ref(reader));
    out.add(param, load_value(stored, param, dtype, use));
  }
  model.weights->release_pages();
  return out;
}

}  // namespace automodel::checkpoint
