#pragma once
// What a run tells the programs that people watch runs with.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace automodel::watch {

/// Named numbers of one step.
struct Scalars {
  std::int64_t step = 0;
  double seconds = 0;  // since 1970
  std::vector<std::pair<std::string, double>> values;
  bool operator==(const Scalars&) const = default;
};

/// Who is watched. Secrets are not in it.
struct RunFacts {
  std::string name;
  Json config;                  // every resolved value
  double seconds = 0;           // of its start, since 1970
  std::int64_t first_step = 0;  // points from here on will be written, again if it was resumed
  bool is_resumed = false;
};

/// How a run ended: all steps are made, it was stopped before that, or by an error.
enum class RunEnd { complete, stopped, failed };

/// One program's files. Unless said otherwise a point is on disk's way when write() returns.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Throws Error(io), also if the disk is full.
  virtual void write(const Scalars& point) = 0;
  /// The run is over; points that were kept back are written.
  virtual void finish(RunEnd end, double seconds) = 0;
  /// Where the files are, for people.
  virtual std::string place() const = 0;
};

}  // namespace automodel::watch
