#include "recipes/finetune/preparation.h"

#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "base/text.h"
#include "train/progress.h"

namespace automodel::recipes {

void tell_on_stdout(const std::string& line) {
  train::Progress(stdout, /*is_terminal=*/false, /*num_steps=*/0).note(line);
}

OnPreparation watch_preparation(std::function<bool()> stops, PreparationWatch watch) {
  return [stops = std::move(stops), watch = std::move(watch), since_line = Stopwatch()](
             const std::string& what, std::int64_t num_done, std::int64_t num_rows) mutable {
    check(!stops(), ErrorKind::interrupted,
          "stopped by a signal while the data were prepared: this start has trained nothing yet; "
          "the same command begins again");
    if (num_rows > 0 && since_line.seconds() >= watch.seconds_between_lines) {
      since_line.lap();
      watch.tell(fmt::format("{}: {} of {}", what, human_count(num_done), human_count(num_rows)));
    }
  };
}

}  // namespace automodel::recipes
