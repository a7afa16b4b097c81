#pragma once
// A group of ranks and its collectives: the only way in which ranks exchange data.

#include <ATen/core/TensorBody.h>

namespace automodel::comm {

using at::Tensor;

/// Every rank of the group must call the same collectives in the same order with tensors of the
/// same shape and dtype. Results are the same bits on every rank: sums run in the order of the
/// ranks.
class Group {
 public:
  virtual ~Group() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Sums x over the ranks, in place.
  virtual void all_reduce(Tensor& x) = 0;
  /// The ranks' tensors one behind the other along dimension 0.
  virtual Tensor all_gather(const Tensor& x) = 0;
  /// The sum over the ranks, of which this rank keeps its 1/size of dimension 0.
  /// Throws Error(invalid_argument) if dimension 0 is not divisible by the size.
  virtual Tensor reduce_scatter(const Tensor& x) = 0;
  /// Every rank's x becomes the root's.
  virtual void broadcast(Tensor& x, int root) = 0;
  /// Returns when every rank has come here.
  virtual void barrier() = 0;
};

/// A group of one: every collective is free.
class SoloGroup final : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce(Tensor& x) override;
  Tensor all_gather(const Tensor& x) override { return x; }
  Tensor reduce_scatter(const Tensor& x) override { return x; }
  void broadcast(Tensor& x, int root) override;
  void barrier() override {}
};

}  // namespace automodel::comm
