#include "ops/cpu/update.h"

#include <algorithm>
#include <numeric>

#include "ops/cpu/operands.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {
AdamTask part_of(AdamTask task, Index begin, Index size) {
  for (Elements* x :
       {&task.weight, &task.exp_avg, &task.exp_avg_sq, &task.max_exp_avg_sq, &task.grad}) {
    *x = elements_from(*x, begin);
  }
  if (task.remainder != nullptr) {
    task.remainder = static_cast<char*>(task.remainder) + begin * task.remainder_bytes;
  }
  task.noise += static_cast<std::uint32_t>(begin);
  task.size = size;
  return task;
}

double sum_of_squares(const UpdateKernels& kernels, std::span<const Run> runs) {
  std::vector<Run> parts;
  for (const Run& run : runs) {
    for (Index begin = 0; begin < run.size; begin += kEntriesOfTask) {
      parts.push_back(
          {elements_from(run.elements, begin), std::min(kEntriesOfTask, run.size - begin)});
    }
  }
  std::vector<double> sums(parts.size());
  for_each_task(static_cast<Index>(parts.size()), [&](Index i, Index /*worker*/) {
    const auto at = static_cast<std::size_t>(i);
    sums[at] = kernels.sum_of_squares(parts[at].elements, parts[at].size);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void adam(const UpdateKernels& kernels, std::span<const AdamTask> tasks) {
  std::vector<AdamTask> parts;
  for (const AdamTask& task : tasks) {
    for (Index begin = 0; begin < task.size; begin += kEntriesOfTask) {
      parts.push_back(part_of(task, begin, std::min(kEntriesOfTask, task.size - begin)));
    }
  }
  for_each_task(static_cast<Index>(parts.size()), [&](Index i, Index /*worker*/) {
    kernels.adam(parts[static_cast<std::size_t>(i)]);
  });
}

}  // namespace automodel::ops::cpu
