#include "checkpoint/stored_layout.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace automodel::checkpoint {
namespace {

bool is_plain(const spec::StoredTensor& tensor) {
  return tensor.pieces.size() == 1 && !tensor.transposed && tensor.shape == tensor.seen_as &&
         !tensor.pieces[0].entry;
}

/// The piece's elements within the stored tensor: a view, [.., groups, rows of the piece, ..].
Tensor piece_view(const Tensor& stored, const spec::StoredTensor& tensor,
                  const spec::Piece& piece) {
  auto shape = tensor.seen_as;
  if (tensor.transposed) {
    std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  }
  const Tensor viewed = stored.view(shape);
  const Tensor seen = tensor.transposed ? viewed.transpose(-1, -2) : viewed;
  const auto rows = seen.size(tensor.row_axis) / tensor.groups;
  return seen.unflatten(tensor.row_axis, {tensor.groups, rows})
      .narrow(tensor.row_axis + 1, piece.begin, piece.end - piece.begin);
}

std::vector<std::int64_t> without_first(const std::vector<std::int64_t>& shape) {
  return {shape.begin() + 1, shape.end()};
}

}  // namespace

Tensor entry_of(const Tensor& parameter, const spec::Piece& piece) {
  return piece.entry ? parameter.select(0, *piece.entry) : parameter;
}

StoredLayout::StoredLayout(std::vector<spec::StoredTensor> tensors) : tensors_(std::move(tensors)) {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    by_name_.emplace(tensors_[i].name, i);
    for (std::size_t j = 0; j < tensors_[i].pieces.size(); ++j) {
      places_[tensors_[i].pieces[j].ours].push_back({i, j});
    }
  }
}

std::vector<std::string> StoredLayout::stored_names(const std::string& parameter) const {
  const auto found = places_.find(parameter);
  check(found != places_.end(), ErrorKind::internal, "no stored tensor holds {}", parameter);
  std::vector<std::string> names;
  for (const auto& place : found->second) {
    names.push_back(tensors_[place.tensor].name);
  }
  return names;
}

Tensor StoredLayout::to_parameter(const spec::ParamSpec& parameter,
                                  const ReadTensor& stored) const {
  const auto found = places_.find(parameter.name);
  check(found != places_.end(), ErrorKind::internal, "no stored tensor holds {}", parameter.name);
  const auto& places = found->second;
  const auto value = [&](const Place& place, const std::vector<std::int64_t>& shape) {
    const auto& tensor = tensors_[place.tensor];
    return piece_view(stored(tensor.name), tensor, tensor.pieces[place.piece]).reshape(shape);
  };
  if (!tensors_[places[0].tensor].pieces[places[0].piece].entry) {
    return value(places[0], parameter.shape).contiguous();
  }
  const Tensor first = value(places[0], without_first(parameter.shape));
  Tensor out = at::empty(parameter.shape, first.options());
  for (std::size_t entry = 0; entry < places.size(); ++entry) {
    out.select(0, static_cast<std::int64_t>(entry))
        .copy_(entry == 0 ? first : value(places[entry], without_first(parameter.shape)));
  }
  return out;
}

Tensor StoredLayout::to_stored(const std::string& name, const PieceValue& value) const {
  const auto found = by_name_.find(name);
  check(found != by_name_.end(), ErrorKind::internal, "no tensor {} is stored", name);
  const auto& tensor = tensors_[found->second];
  if (is_plain(tensor)) {
    return value(tensor.pieces[0]);
  }
  Tensor out;
  for (const auto& piece : tensor.pieces) {
    const Tensor part = value(piece);
    if (!out.defined()) {
      out = at::empty(tensor.shape, part.options());
    }
    const Tensor target = piece_view(out, tensor, piece);
    target.copy_(part.reshape(target.sizes()));
  }
  return out;
}

}  // namespace automodel::checkpoint
