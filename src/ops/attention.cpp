#include "ops/attention.h"

#include <limits>

#include "base/error.h"
#include "ops/attention_node.h"
#include "ops/cpu/dispatch.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// [t, h, k] -> [1, h, t, k] as a view, the layout of ATen's kernels.
Tensor heads_first(const Tensor& x_thk) { return x_thk.transpose(0, 1).unsqueeze(0); }
Tensor tokens_first(const Tensor& x_1htk) { return x_1htk.squeeze(0).transpose(0, 1); }

Tensor rows(const Tensor& x, std::int64_t begin, std::int64_t end) {
  return x.narrow(0, begin, end - begin);
}

/// ATen's flash kernel, one document at a time; saves q, k, v, the output and one log-sum-exp per
/// row and head.
struct FlashDocuments : torch::autograd::Function<FlashDocuments> {
  static Tensor forward(AutogradContext* context, const Tensor& q_thk, const Tensor& k_thk,
                        const Tensor& v_thk, const std::vector<std::int64_t>& bounds,
                        double scale) {
    Tensor out_thk = at::empty(q_thk.sizes(), q_thk.options());
    variable_list saved = {q_thk, k_thk, v_thk, out_thk};
    for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
      const auto document = [&](const Tensor& x) {
        return heads_first(rows(x, bounds[n], bounds[n + 1]));
      };
      auto [out, log_sum] = at::_scaled_dot_product_flash_attention_for_cpu(
          document(q_thk), document(k_thk), document(v_thk), 0.0, /*is_causal=*/true, {}, scale);
      rows(out_thk, bounds[n], bounds[n + 1]).copy_(tokens_first(out));
      saved.push_back(log_sum);
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["bounds"] = bounds;
    context->saved_data["scale"] = scale;
    return out_thk;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const auto bounds = context->saved_data["bounds"].toIntVector();
    const double scale = context->saved_data["scale"].toDouble();
    variable_list out;
    for (int i = 0; i < 3; ++i) {
      out.push_back(at::empty(saved[static_cast<std::size_t>(i)].sizes(), grads[0].options()));
    }
    const Tensor grad_thk = grads[0].contiguous();
    for (std::size_t n = 0; n + 1 < bounds.size(); ++n) {
      const auto document = [&](const Tensor& x) {
        return heads_first(rows(x, bounds[n], bounds[n + 1]));
      };
      const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
          document(grad_thk), document(saved[0]), document(saved[1]), document(saved[2]),
          document(saved[3]), saved[4 + n], 0.0, /*is_causal=*/true, {}, scale);
      rows(out[0], bounds[n], bounds[n + 1]).copy_(tokens_first(dq));
      rows(out[1], bounds[n], bounds[n + 1]).copy_(tokens_first(dk));
      rows(out[2], bounds[n], bounds[n + 1]).copy_(tokens_first(dv));
    }
    return {out[0], out[1], out[2], Tensor(), Tensor()};
  }
};

/// The fused kernel that ATen chooses for another device than the CPU.
Tensor fused_document(const Tensor& q_thk, const Tensor& k_thk, const Tensor& v_thk, double scale) {
  return tokens_first(at::scaled_dot_product_attention(
      heads_first(q_thk), heads_first(k_thk), heads_first(v_thk), {}, 0.0, /*is_causal=*/true,
      scale, /*enable_gqa=*/q_thk.size(1) != k_thk.size(1)));
}

/// True where a query may not see a key; the queries are the last rows of the document.
Tensor hidden_pairs(std::int64_t queries, std::int64_t keys, const AttentionOptions& options,
                    const at::TensorOptions& device) {
  const Tensor query = at::arange(keys - queries, keys, device.dtype(at::kLong)).unsqueeze(1);
  const Tensor key = at::arange(keys, device.dtype(at::kLong)).unsqueeze(0);
  Tensor hidden = key.gt(query);
  if (options.window) {
    hidden = hidden.logical_or(key.le(query - *options.window));
  }
  if (options.chunk) {
    const Tensor first = at::floor_divide(query, *options.chunk) * *options.chunk;
    hidden = hidden.logical_or(key.lt(first));
  }
  return hidden;
}

/// What ALiBi adds to the scores, [h, queries or 1, keys] float32: slope * (key - query), or by the
/// key alone, as what a query's keys share is nothing to its softmax.
Tensor position_bias(const AttentionOptions& options, std::int64_t queries, std::int64_t keys) {
  const auto like = options.slopes_h.options();
  const Tensor slopes_h11 = options.slopes_h.view({-1, 1, 1});
  const Tensor key = at::arange(keys, like).unsqueeze(0);
  if (options.slopes_in_bfloat16) {
    const Tensor rounded = slopes_h11.to(at::kBFloat16) * key.to(at::kBFloat16);
    return rounded.to(at::kFloat) * options.slope_scale;
  }
  const Tensor query = at::arange(keys - queries, keys, like).unsqueeze(1);
  return slopes_h11 * options.slope_scale * (key - query);
}

/// Softmax over the keys and, where there is one, each head's sink, whose share is dropped.
Tensor probabilities(const Tensor& scores_hqk, const Tensor& sinks_h) {
  if (!sinks_h.defined()) {
    return at::softmax(scores_hqk, -1);
  }
  const Tensor sinks = sinks_h.to(at::kFloat).view({-1, 1, 1}).expand({-1, scores_hqk.size(1), 1});
  return at::softmax(at::cat({scores_hqk, sinks}, -1), -1).narrow(-1, 0, scores_hqk.size(2));
}

/// Whether all that a query sees of its document is what lies before it.
bool is_plainly_causal(std::int64_t longest, const AttentionOptions& options) {
  const bool whole = (!options.window || longest <= *options.window) &&
                     (!options.chunk || longest <= *options.chunk);
  return whole && !options.softcap && !options.slopes_h.defined() && !options.sinks_h.defined();
}

}  // namespace

Tensor attention_reference(const Tensor& q_thk, const Tensor& k_shk, const Tensor& v_shk,
                           const AttentionOptions& options) {
  const auto repeat = q_thk.size(1) / k_shk.size(1);
  const Tensor q = q_thk.transpose(0, 1);
  const Tensor k = k_shk.repeat_interleave(repeat, 1).transpose(0, 1);
  const Tensor v = v_shk.repeat_interleave(repeat, 1).transpose(0, 1);
  Tensor scores = at::matmul(q, k.transpose(-2, -1)) * options.scale;
  if (options.softcap) {
    scores = at::tanh(scores / *options.softcap) * *options.softcap;
  }
  scores = scores.to(at::kFloat);
  if (options.slopes_h.defined()) {
    scores = scores + position_bias(options, q_thk.size(0), k_shk.size(0));
  }
  const Tensor hidden = hidden_pairs(q_thk.size(0), k_shk.size(0), options, q.options());
  scores = scores.masked_fill(hidden, -std::numeric_limits<float>::infinity());
  return at::matmul(probabilities(scores, options.sinks_h).to(q.scalar_type()), v).transpose(0, 1);
}

Tensor cached_attention(const Tensor& q_thk, const Tensor& k_shk, const Tensor& v_shk,
                        const AttentionOptions& options) {
  check(k_shk.size(0) >= q_thk.size(0), ErrorKind::invalid_argument,
        "attention: {} queries for {} cached keys", q_thk.size(0), k_shk.size(0));
  if (k_shk.size(0) == q_thk.size(0)) {
    return attention(q_thk, k_shk, v_shk, {0, static_cast<std::int32_t>(q_thk.size(0))}, options);
  }
  return attention_reference(q_thk, k_shk, v_shk, options);
}

Tensor attention(const Tensor& q_thk, const Tensor& k_thk, const Tensor& v_thk,
                 const std::vector<std::int32_t>& cu_seqlens, const AttentionOptions& options) {
  check(cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 && cu_seqlens.back() == q_thk.size(0),
        ErrorKind::invalid_argument, "attention: cu_seqlens must run from 0 to {} tokens",
        q_thk.size(0));
  check(std::is_sorted(cu_seqlens.begin(), cu_seqlens.end()), ErrorKind::invalid_argument,
        "attention: cu_seqlens must not fall");
  const auto* kernels = cpu::kernels();
  if (kernels != nullptr && attention_kernel_applies(*kernels, q_thk, k_thk, v_thk)) {
    return attention_by_kernel(*kernels, q_thk, k_thk, v_thk, cu_seqlens, options);
  }
  std::int64_t longest = 0;
  for (std::size_t n = 0; n + 1 < cu_seqlens.size(); ++n) {
    longest = std::max<std::int64_t>(longest, cu_seqlens[n + 1] - cu_seqlens[n]);
  }
  const bool plain = is_plainly_causal(longest, options);
  if (plain && q_thk.is_cpu() && v_thk.size(2) == q_thk.size(2)) {
    return FlashDocuments::apply(q_thk, k_thk, v_thk,
                                 std::vector<std::int64_t>(cu_seqlens.begin(), cu_seqlens.end()),
                                 options.scale);
  }
  std::vector<Tensor> parts;
  for (std::size_t n = 0; n + 1 < cu_seqlens.size(); ++n) {
    const auto document = [&](const Tensor& x) {
      return rows(x, cu_seqlens[n], cu_seqlens[n + 1]);
    };
    const auto q = document(q_thk), k = document(k_thk), v = document(v_thk);
    parts.push_back(plain && !q.is_cpu() ? fused_document(q, k, v, options.scale)
                                         : attention_reference(q, k, v, options));
  }
  return at::cat(parts);
}

}  // namespace automodel::ops
