#pragma once
// Ranks that are threads of one process: every kind of parallelism can be tested without launching
// processes.

#include <functional>
#include <memory>
#include <vector>

#include "comm/group.h"

namespace automodel::comm {

/// Groups 0 .. size - 1 that belong together, one for each thread.
/// Throws Error(invalid_argument) if size < 1.
std::vector<std::unique_ptr<Group>> make_thread_groups(int size);

/// Runs body(group) on `size` threads and waits. If bodies throw, the others' waits end with
/// Error(distributed) and the first exception is thrown here.
void run_ranks(int size, const std::function<void(Group&)>& body);

}  // namespace automodel::comm
