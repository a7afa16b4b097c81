#include "train/progress.h"

#include <fmt/format.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.h"

namespace automodel::train {
namespace {

constexpr double kMemoryOfMean = 0.8;  // weight of the earlier steps

/// 0 if it does not say.
std::size_t columns_of(std::FILE* terminal) {
  struct winsize size{};
  return ::ioctl(::fileno(terminal), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

std::string progress_text(const StepMetrics& metrics, std::int64_t num_steps, double seconds_left) {
  return fmt::format(
      "step {}/{} | loss {:.4f}{} | lr {:.2e} | grad norm {:.3g} | {:.0f} tokens/s ({:.0f} "
      "trained) "
      "| {} | {} left",
      metrics.step + 1, num_steps, metrics.result.loss,
      metrics.result.accuracy ? fmt::format(" | accuracy {:.3f}", *metrics.result.accuracy) : "",
      metrics.rates.lr, metrics.result.grad_norm, metrics.tokens_per_second(),
      metrics.label_tokens_per_second(),
      human_bytes(static_cast<std::uint64_t>(metrics.peak_memory_bytes)),
      human_duration(seconds_left));
}

std::string within(const std::string& text, std::size_t columns) {
  auto fields = split(text, '|');
  while (join(fields, "|").size() >= columns && fields.size() > 3) {
    fields.erase(fields.end() - 2);  // before the time that is left
  }
  return join(fields, "|").substr(0, std::max<std::size_t>(columns, 1) - 1);
}

Progress::Progress(std::FILE* stream, bool is_terminal, std::int64_t num_steps)
    : stream_(stream), is_terminal_(is_terminal), num_steps_(num_steps) {}

void Progress::step(const StepMetrics& metrics) {
  if (metrics.result.computed_twice && !told_twice_) {
    told_twice_ = true;
    note(
        "warning: float16 does not hold this step's gradients times 1,024, by which small ones are "
        "kept: they were computed once more as they are. A step of which that is so takes twice as "
        "long; another type of the weights (model.torch_dtype) or adapters (peft.lora_dtype) does "
        "not need it");
  }
  mean_seconds_ = mean_seconds_ == 0
                      ? metrics.seconds
                      : kMemoryOfMean * mean_seconds_ + (1 - kMemoryOfMean) * metrics.seconds;
  const double pause = since_step_.lap() - metrics.seconds;
  if (++num_pauses_ > 0) {
    pause_seconds_ += std::max(pause, 0.0);
  }
  const auto num_pauses = static_cast<double>(std::max<std::int64_t>(num_pauses_, 1));
  const auto steps_left = static_cast<double>(num_steps_ - metrics.step - 1);
  const std::string text = progress_text(
      metrics, num_steps_, steps_left * (mean_seconds_ + pause_seconds_ / num_pauses));
  if (!is_terminal_) {
    note(text);
    return;
  }
  const std::size_t columns = columns_of(stream_);
  put("\r\x1b[K" + (columns == 0 ? text : within(text, columns)));
  line_is_open_ = true;
}

void Progress::note(const std::string& text) {
  put((line_is_open_ ? "\n" : "") + text + "\n");
  line_is_open_ = false;
}

void Progress::put(const std::string& text) {
  if (is_lost_) {
    return;
  }
  const bool is_written =
      std::fwrite(text.data(), 1, text.size(), stream_) == text.size() && std::fflush(stream_) == 0;
  if (!is_written) {
    is_lost_ = true;
    const auto warning = fmt::format(
        "warning: what the run reports cannot be written any more ({}); it goes on without\n",
        std::strerror(errno));
    std::fputs(warning.c_str(), stderr);
    ::__fpurge(stream_);
    std::clearerr(stream_);
  }
}

void Progress::notes(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    note(text);
  }
}

}  // namespace automodel::train
