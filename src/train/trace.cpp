#include "train/trace.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "checkpoint/load.h"
#include "parallel/sharded_model.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_writer.h"
#include "train/optimizer.h"

namespace automodel::train {
namespace {

/// One variant: its documents behind each other, and where each token stands in [b, t].
struct Variant {
  std::string name;
  nn::Tokens tokens;
  Tensor places_t;  // index into the flattened [b, t]
  std::int64_t rows = 0;
  std::int64_t width = 0;
  std::int64_t num_labels = 0;
  bool of_classes = false;  // one for each document
};

struct Training {
  config::Optimizer optimizer;
  double max_grad_norm;
  int steps;
};

/// Lengths of the documents of each row, in order: the packed ones, or the real tokens of each row.
std::vector<std::vector<std::int64_t>> documents(const SafetensorsFile& file,
                                                 const std::string& name, const Tensor& ids_bt) {
  const auto rows = static_cast<std::size_t>(ids_bt.size(0));
  if (file.contains(name + ".doc_lens")) {
    const Tensor lengths = file.tensor(name + ".doc_lens").contiguous();
    check(rows == 1 && lengths.sum().item<std::int64_t>() == ids_bt.size(1),
          ErrorKind::corrupt_data, "{}.doc_lens must cover one row of {} tokens", name,
          ids_bt.size(1));
    const auto* first = lengths.const_data_ptr<std::int64_t>();
    return {std::vector<std::int64_t>(first, first + lengths.numel())};
  }
  std::vector<std::vector<std::int64_t>> out(rows, {ids_bt.size(1)});
  if (file.contains(name + ".attention_mask")) {
    const Tensor mask = file.tensor(name + ".attention_mask");
    for (std::size_t row = 0; row < rows; ++row) {
      out[row] = {mask[static_cast<std::int64_t>(row)].sum().item<std::int64_t>()};
    }
  }
  return out;
}

/// Labels belong to their own token on disk; here each token holds the one after it.
Tensor shifted(const Tensor& labels_t) {
  const Tensor end = at::full({1}, ops::kIgnoreIndex, at::kLong);
  return at::cat({labels_t.slice(0, 1), end});
}

/// The class of a document belongs to its last token.
Tensor class_label(const Tensor& label, std::int64_t length) {
  return at::cat({at::full({length - 1}, ops::kIgnoreIndex, at::kLong), label.view(1)});
}

Variant read_variant(const SafetensorsFile& file, const std::string& name) {
  const Tensor ids_bt = file.tensor(name + ".input_ids");
  const Tensor labels = file.tensor(name + ".labels");
  Variant out{.name = name,
              .tokens = {.cu_seqlens = {0}},
              .rows = ids_bt.size(0),
              .width = ids_bt.size(1),
              .of_classes = labels.dim() == 1};
  check(
      ids_bt.dim() == 2 && ids_bt.scalar_type() == at::kLong && labels.scalar_type() == at::kLong &&
          (out.of_classes || labels.sizes() == ids_bt.sizes()),
      ErrorKind::corrupt_data,
      "{}.input_ids and .labels must be int64 of one shape [b, t], or labels of classes [b]", name);
  std::vector<Tensor> ids, learnt, positions, places;
  const bool packed = file.contains(name + ".doc_lens");
  const auto rows = documents(file, name, ids_bt);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::int64_t begin = 0;
    for (const auto length : rows[row]) {
      const auto r = static_cast<std::int64_t>(row);
      ids.push_back(ids_bt[r].slice(0, begin, begin + length));
      learnt.push_back(out.of_classes
                           ? class_label(labels[static_cast<std::int64_t>(learnt.size())], length)
                           : shifted(labels[r].slice(0, begin, begin + length)));
      positions.push_back(at::arange(length));
      places.push_back(at::arange(begin, begin + length) + r * out.width);
      begin += length;
      out.tokens.cu_seqlens.push_back(out.tokens.cu_seqlens.back() +
                                      static_cast<std::int32_t>(length));
      // Transformers evaluates length-dependent RoPE on the padded width; documents of a pack are
      // run alone.
      out.tokens.rope_lengths.push_back(packed ? length : out.width);
    }
  }
  out.tokens.ids_t = at::cat(ids);
  out.tokens.labels_t = at::cat(learnt);
  out.tokens.positions_t = at::cat(positions);
  out.places_t = at::cat(places);
  out.num_labels = out.tokens.labels_t.ne(ops::kIgnoreIndex).sum().item<std::int64_t>();
  return out;
}

std::string metadata(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  check(found != file.metadata().end(), ErrorKind::corrupt_data, "{}: no metadata '{}'",
        file.path().string(), key);
  return found->second;
}

Training read_training(const SafetensorsFile& file) {
  const Json json = parse_json(metadata(file, "training"), "metadata 'training'");
  return {{.lr = json.at("lr"),
           .beta1 = json.at("betas").at(0),
           .beta2 = json.at("betas").at(1),
           .eps = json.at("eps"),
           .weight_decay = json.at("weight_decay")},
          json.at("max_grad_norm"),
          json.at("steps")};
}

/// The rows of the real tokens at their places in [b, t, ..]; zeros in the padding.
Tensor placed(const Variant& variant, const Tensor& values_tn) {
  const Tensor all =
      at::zeros({variant.rows * variant.width, values_tn.size(1)}, values_tn.options());
  all.index_copy_(0, variant.places_t, values_tn);
  return all.view({variant.rows, variant.width, -1});
}

/// Of each document's last token.
Tensor last_rows(const Variant& variant, const Tensor& values_tn) {
  const auto& ends = variant.tokens.cu_seqlens;
  const Tensor last = at::tensor(std::vector<std::int64_t>(ends.begin() + 1, ends.end())) - 1;
  return values_tn.index_select(0, last);
}

using Routing = std::vector<std::shared_ptr<nn::RoutingRecord>>;

std::string experts_name(const Variant& variant, std::size_t layer) {
  return fmt::format("{}.experts.{}", variant.name, layer);
}

/// A record for every layer, with the experts that the file has for it if those are asked for.
Routing read_routing(const SafetensorsFile& file, const Variant& variant,
                     const std::vector<spec::Layer>& layers, const TraceOptions& options) {
  Routing routing(options.experts == TraceOptions::Experts::unnamed ? 0 : layers.size());
  for (std::size_t i = 0; i < routing.size(); ++i) {
    routing[i] = std::make_shared<nn::RoutingRecord>();
    const auto name = experts_name(variant, i);
    const auto* moe = spec::moe_of(layers[i]);
    const auto experts = moe != nullptr ? moe->experts : 0;
    if (options.experts == TraceOptions::Experts::given && file.contains(name)) {
      const Tensor all = file.tensor(name);
      check(all.dim() == 3 && all.size(0) == variant.rows && all.size(1) == variant.width &&
                all.scalar_type() == at::kLong && all.numel() > 0 &&
                all.min().item<std::int64_t>() >= 0 && all.max().item<std::int64_t>() < experts,
            ErrorKind::corrupt_data, "{} must be int64 [{}, {}, experts per token] below {}", name,
            variant.rows, variant.width, experts);
      routing[i]->experts_tk =
          all.flatten(0, 1).index_select(0, variant.places_t).to(options.model.device);
    }
  }
  return routing;
}

class Tracer {
 public:
  Tracer(const checkpoint::ModelFolder& model, const SafetensorsFile& file,
         const parallel::ModelOptions& options)
      : layout_(model.layout),
        model_(model.spec, trained_parameters(model, file, options.compute), options) {}

  void add(const std::string& name, const Tensor& tensor) {
    out_.push_back({name, tensor.detach().cpu().contiguous().clone()});
  }

  void trace(const Variant& variant, const Routing& routing) {
    const at::NoGradGuard no_grad;
    auto tokens = variant.tokens;
    tokens.routing = routing;
    const Tensor logits = model_.logits(tokens);
    add(variant.name + ".logits",
        variant.of_classes ? last_rows(variant, logits) : placed(variant, logits));
    for (std::size_t i = 0; i < routing.size(); ++i) {
      if (routing[i]->experts_tk.defined()) {
        add(experts_name(variant, i), placed(variant, routing[i]->experts_tk.cpu()));
      }
    }
    const at::AutoGradMode gradients(true);
    model_.zero_grad();
    add(variant.name + ".loss", at::scalar_tensor(backward(variant), at::kFloat));
    add_stored(variant.name + ".grad.", gradient);
  }

  void train(const std::vector<Variant>& variants, const Training& settings) {
    std::vector<double> losses, norms;
    const StepRates rates = {settings.optimizer.lr, settings.optimizer.weight_decay};
    Optimizer optimizer(model_.parameters().trained(), settings.optimizer);
    for (int step = 0; step < settings.steps; ++step) {
      model_.zero_grad();
      losses.push_back(backward(variants[static_cast<std::size_t>(step) % variants.size()]));
      norms.push_back(model_.grad_norm());
      optimizer.step(rates, clip_factor(norms.back(), settings.max_grad_norm));
    }
    add("step.loss", at::tensor(losses, at::kFloat));
    add("step.grad_norm", at::tensor(norms, at::kFloat));
    add_stored("trained.", [](const nn::Parameter& parameter) { return parameter.value; });
  }

  const std::vector<NamedTensor>& results() const { return out_; }

 private:
  static nn::Parameters trained_parameters(const checkpoint::ModelFolder& model,
                                           const SafetensorsFile& file, at::ScalarType compute) {
    const Json frozen = parse_json(metadata(file, "frozen"), "metadata 'frozen'");
    auto parameters = checkpoint::load_parameters(model, compute);
    for (auto& parameter : parameters.all()) {
      const auto stored = model.layout.stored_names(parameter.spec.name).front();
      parameter.value.requires_grad_(std::count(frozen.begin(), frozen.end(), stored) == 0);
    }
    return parameters;
  }

  /// What `value` says of every trained parameter, as the checkpoint would store it.
  void add_stored(const std::string& prefix, Tensor (*value)(const nn::Parameter&)) {
    std::map<std::string, Tensor> values;
    for (const auto& parameter : model_.parameters().trained()) {
      values.emplace(parameter.spec.name, value(parameter).detach());
    }
    for (const auto& stored : layout_.tensors()) {
      if (values.contains(stored.pieces[0].ours)) {
        add(prefix + stored.name, layout_.to_stored(stored.name, [&](const spec::Piece& piece) {
          return checkpoint::entry_of(values.at(piece.ours), piece);
        }));
      }
    }
  }

  static Tensor gradient(const nn::Parameter& parameter) {
    return parameter.value.grad().defined() ? parameter.value.grad().to_dense()
                                            : at::zeros_like(parameter.value);
  }

  double backward(const Variant& variant) {
    const parallel::LossWeights weights{
        .per_label = 1.0 / static_cast<double>(variant.num_labels),
        .per_token = 1.0 / static_cast<double>(variant.tokens.ids_t.numel())};
    const auto result = model_.forward_backward(variant.tokens, weights, 0);
    return result.loss + result.routers.loss;
  }

  checkpoint::StoredLayout layout_;
  parallel::ShardedModel model_;
  std::vector<NamedTensor> out_;
};

}  // namespace

void trace(const checkpoint::ModelFolder& model, const std::filesystem::path& batch_file,
           const std::filesystem::path& out_file, const TraceOptions& options) {
  const SafetensorsFile file(batch_file);
  const Json names = parse_json(metadata(file, "variants"), "metadata 'variants'");
  std::vector<Variant> variants;
  for (const auto& name : names) {
    variants.push_back(read_variant(file, name.get<std::string>()));
  }
  Tracer tracer(model, file, options.model);
  for (const auto& variant : variants) {
    tracer.trace(variant, read_routing(file, variant, model.spec.layers, options));
  }
  if (options.model.compute == at::kFloat) {
    tracer.train(variants, read_training(file));
  }
  write_safetensors(out_file, tracer.results());
}

}  // namespace automodel::train
