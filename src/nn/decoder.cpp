#include "nn/decoder.h"

#include "base/error.h"
#include "base/known.h"
#include "ops/embedding.h"

namespace automodel::nn {
namespace {

std::optional<ops::Linear> maybe_linear(const Parameters& parameters, const std::string& prefix) {
  return parameters.contains(prefix + ".weight") ? std::optional(parameters.linear(prefix))
                                                 : std::nullopt;
}

/// The labelled rows; undefined if that are all of them or none.
Tensor rows_to_go_on(const Tensor& labels_t) {
  const Tensor rows_n = ops::labelled_rows(labels_t);
  return rows_n.size(0) == 0 || rows_n.size(0) == labels_t.size(0) ? Tensor() : rows_n;
}

}  // namespace

Decoder::Decoder(const spec::ModelSpec& spec, const Parameters& parameters)
    : spec_(spec),
      embedding_vd_(parameters.at("model.embed_tokens.weight")),
      positions_pd_(parameters.find("model.embed_positions.weight")),
      head_{.weight_vd = parameters.at(spec::head_weight_name(spec)),
            .bias_v = parameters.find("lm_head.bias"),
            .scale = spec.logit_scale,
            .softcap = spec.logit_softcap,
            .adapter = parameters.adapter("lm_head")},
      final_norm_(spec.has_final_norm
                      ? std::optional(norm_layer(spec.final_norm, parameters, "model.norm"))
                      : std::nullopt),
      project_in_(maybe_linear(parameters, "model.project_in")),
      project_out_(maybe_linear(parameters, "model.project_out")),
      transform_(maybe_linear(parameters, "head_transform.dense")) {
  if (spec.embedding_norm) {
    embedding_norm_ = norm_layer(*spec.embedding_norm, parameters, "model.embed_norm");
  }
  if (spec.head_transform) {
    transform_norm_ = norm_layer(spec.head_transform->norm, parameters, "head_transform.norm");
  }
  if (spec.layer_inputs) {
    layer_inputs_.emplace(spec, parameters);
  }
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    if (const auto lender = spec::lender(spec.layers[i])) {
      lenders_.insert(*lender);
    }
    blocks_.emplace_back(spec.layers[i], parameters, static_cast<std::int64_t>(i),
                         rope_index(spec.layers[i]));
  }
}

ops::Head Decoder::head(const ForwardOptions& options) const {
  Sequence sequence;
  sequence.training = options.training;
  sequence.dropout_seed = options.dropout_seed;
  ops::Head out = head_;
  out.adapter = at_step(head_.adapter, sequence);
  return out;
}

std::size_t Decoder::rope_index(const spec::Layer& layer) {
  const auto rope = std::visit([](const auto& mixer) { return mixer.rope; }, layer.mixer);
  if (!rope) {
    return 0;
  }
  const auto found = std::ranges::find(ropes_, *rope);
  if (found == ropes_.end()) {
    ropes_.push_back(*rope);
    return ropes_.size() - 1;
  }
  return static_cast<std::size_t>(found - ropes_.begin());
}

Tensor Decoder::embed(const Tokens& tokens, const ForwardOptions& options,
                      const Sequence& sequence) const {
  Tensor x_td = ops::embedding(tokens.ids_t, embedding_vd_, spec_.embedding_scale,
                               spec_.pad_token_id, options.compute);
  if (project_in_) {
    x_td = ops::linear(x_td, at_step(*project_in_, sequence));
  }
  if (positions_pd_.defined()) {
    const Tensor rows_t = tokens.positions_t + known(spec_.positions).offset;
    const auto last = rows_t.numel() == 0 ? 0 : rows_t.max().item<std::int64_t>();
    check(last < positions_pd_.size(0), ErrorKind::invalid_argument,
          "a row has {} tokens, but the model has learned {} positions: shorten the rows "
          "(seq_length with truncation: true)",
          last + 1 - known(spec_.positions).offset,
          positions_pd_.size(0) - known(spec_.positions).offset);
    x_td = x_td + ops::embedding(rows_t, positions_pd_, 1, std::nullopt, options.compute);
  }
  return embedding_norm_ ? (*embedding_norm_)(x_td) : x_td;
}

Tensor Decoder::finish(const Tensor& x_td, const Sequence& sequence) const {
  Tensor y_td = final_norm_ ? (*final_norm_)(x_td) : x_td;
  if (project_out_) {
    y_td = ops::linear(y_td, at_step(*project_out_, sequence));
  }
  if (transform_) {
    const auto activation = activation_of(known(spec_.head_transform).activation);
    y_td = ops::activate(ops::linear(y_td, at_step(*transform_, sequence)), activation);
    y_td = known(transform_norm_)(y_td);
  }
  return y_td;
}

Sequence Decoder::sequence(const Tokens& tokens, const ForwardOptions& options) const {
  Sequence out{.cu_seqlens = tokens.cu_seqlens,
               .positions_t = tokens.positions_t,
               .rope_tables = {},
               .training = options.training,
               .dropout_seed = options.dropout_seed,
               .inner = options.inner,
               .deferred = options.deferred,
               .cache = options.cache,
               .routing = nullptr,
               .router_sums = nullptr,
               .input_tp = {},
               .wanted_n = {},
               .lent = {},
               .kept = nullptr};
  for (const auto& rope : ropes_) {
    out.rope_tables.push_back(rope_tables(rope, tokens, options.compute));
  }
  return out;
}

BlockFunction Decoder::block_function(std::size_t i, const Sequence& sequence, Ports& ports) const {
  // Holds a copy: a recompute in the backward outlives the forward.
  return [&ports, sequence, block = &blocks_[i], has_input = layer_inputs_.has_value(),
          borrows = spec::lender(spec_.layers[i]).has_value(),
          lends = lenders_.contains(static_cast<std::int64_t>(i))](const Tensors& inputs) {
    Sequence own = sequence;
    if (has_input) {
      own.input_tp = inputs[1];
    }
    if (borrows) {
      own.lent = {inputs.end()[-2], inputs.back()};
    }
    own.kept = lends ? std::make_shared<KeysValues>() : nullptr;
    own.router_sums = sequence.training ? std::make_shared<Tensor>() : nullptr;
    Tensors outputs{block->forward(inputs[0], own, ports)};
    if (lends) {
      outputs.insert(outputs.end(), {own.kept->k_thk, own.kept->v_thw});
    }
    if (own.router_sums && own.router_sums->defined()) {
      outputs.push_back(*own.router_sums);
    }
    return outputs;
  };
}

DecoderOutput Decoder::forward(const Tokens& tokens, const ForwardOptions& options,
                               BlockRunner& runner, Ports& ports) const {
  auto shared = sequence(tokens, options);
  DecoderOutput out;
  Tensor x_td = embed(tokens, options, shared);
  const auto inputs_tp =
      layer_inputs_ ? layer_inputs_->forward(tokens.ids_t, x_td, shared) : std::vector<Tensor>();
  std::map<std::int64_t, Tensors> kept;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Tensors inputs{x_td};
    if (layer_inputs_) {
      inputs.push_back(inputs_tp[i]);
    }
    if (const auto lender = spec::lender(spec_.layers[i])) {
      const auto& lent = kept.at(*lender);
      inputs.insert(inputs.end(), lent.begin(), lent.end());
    }
    const auto layer = static_cast<std::int64_t>(i);
    shared.routing =
        tokens.routing.empty() ? std::make_shared<RoutingRecord>() : tokens.routing.at(i);
    if (options.labelled_only && i + 1 == blocks_.size()) {
      shared.wanted_n = rows_to_go_on(tokens.labels_t);
    }
    auto outputs = runner.run(layer, block_function(i, shared, ports), inputs);
    x_td = outputs.front();
    if (const auto* moe = spec::moe_of(spec_.layers[i])) {
      const bool has_sums = options.training && moe->training.has_loss();
      out.routers.push_back({i, shared.routing, has_sums ? outputs.back() : Tensor()});
    }
    if (lenders_.contains(layer)) {
      kept[layer] = {outputs[1], outputs[2]};
    }
  }
  out.hidden_td = finish(x_td, shared);
  out.labels_t = tokens.labels_t.defined() ? wanted(tokens.labels_t, shared) : Tensor();
  return out;
}

}  // namespace automodel::nn
