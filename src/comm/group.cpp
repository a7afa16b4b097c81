#include "comm/group.h"

#include "base/error.h"

namespace automodel::comm {

void SoloGroup::all_reduce(Tensor& /*x*/) {}

void SoloGroup::broadcast(Tensor& /*x*/, int root) {
  check(root == 0, ErrorKind::invalid_argument, "broadcast from rank {} in a group of one", root);
}

}  // namespace automodel::comm
