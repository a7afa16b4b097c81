#include "watch/tensorboard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>

#include "base/growing_file.h"
#include "watch/crc32.h"
#include "watch/message.h"

namespace automodel::watch {
namespace {

namespace fs = std::filesystem;

// Event
constexpr std::uint32_t kWallTime = 1;
constexpr std::uint32_t kStep = 2;
constexpr std::uint32_t kFileVersion = 3;
constexpr std::uint32_t kEventSummary = 5;
constexpr std::uint32_t kSessionLog = 7;

/// The step of a validation before the first one.
constexpr std::int64_t kBeforeTraining = -1;

std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U, 4);
}

std::string record(const Message& event) {
  const std::string length = little_endian(event.bytes().size(), 8);
  return length + masked_crc(length) + event.bytes() + masked_crc(event.bytes());
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

class TensorBoard : public Writer {
 public:
  TensorBoard(const fs::path& folder, const RunFacts& run)
      : file_(folder / fmt::format("events.out.tfevents.{:.0f}.{}.{}.0", std::floor(run.seconds),
                                   host_name(), getpid())) {
    add(Message().number(kWallTime, run.seconds).text(kFileVersion, "brain.Event:2"));
    constexpr std::int64_t kStart = 1;
    add(Message()
            .number(kWallTime, run.seconds)
            .integer(kStep, run.is_resumed ? run.first_step : kBeforeTraining)
            .message(kSessionLog, Message().integer(1, kStart)));
  }

  void write(const Scalars& point) override {
    Message summary;
    for (const auto& [name, value] : point.values) {
      summary.message(1, Message().text(1, name).single(2, static_cast<float>(value)));
    }
    add(Message()
            .number(kWallTime, point.seconds)
            .integer(kStep, point.step)
            .message(kEventSummary, summary));
  }

  void finish(RunEnd /*end*/, double /*seconds*/) override {}

  std::string place() const override {
    return "tensorboard --logdir " + file_.path().parent_path().string();
  }

 private:
  void add(const Message& event) { file_.write(record(event)); }

  GrowingFile file_;
};

}  // namespace

std::unique_ptr<Writer> tensorboard_writer(const fs::path& folder, const RunFacts& run) {
  return std::make_unique<TensorBoard>(folder, run);
}

}  // namespace automodel::watch
