#include "watch/wandb.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/growing_file.h"
#include "watch/crc32.h"
#include "watch/message.h"

namespace automodel::watch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;  // of a piece, and of the file

// Record
constexpr std::uint32_t kNumber = 1;
constexpr std::uint32_t kHistory = 2;
constexpr std::uint32_t kSummary = 3;
constexpr std::uint32_t kRun = 17;
constexpr std::uint32_t kExit = 18;
constexpr std::uint32_t kFileHeader = 21;

// HistoryItem, SummaryItem, ConfigItem
constexpr std::uint32_t kKey = 1;
constexpr std::uint32_t kNestedKey = 2;
constexpr std::uint32_t kValueJson = 16;

enum class Piece : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

/// Records in blocks of fixed size, cut where a block ends.
class TransactionLog {
 public:
  explicit TransactionLog(const fs::path& path) : file_(path) {
    constexpr std::uint64_t kMagic = 0xBEE1;
    write(":W&B" + little_endian(kMagic, 2) + little_endian(0, 1));
  }

  void add(std::string_view bytes) {
    bool is_first = true;
    do {
      std::size_t left = kBlock - used_;
      if (left < kHeader) {
        write(std::string(left, '\0'));
        left = kBlock;
      }
      const auto part = bytes.substr(0, left - kHeader);
      bytes.remove_prefix(part.size());
      add_piece(bytes.empty() ? (is_first ? Piece::full : Piece::last)
                              : (is_first ? Piece::first : Piece::middle),
                part);
      is_first = false;
    } while (!bytes.empty());
  }

 private:
  void add_piece(Piece piece, std::string_view part) {
    const std::string type(1, static_cast<char>(piece));
    write(little_endian(crc32(part, crc32(type)), 4) + little_endian(part.size(), 2) + type +
          std::string(part));
  }

  void write(const std::string& bytes) {
    file_.write(bytes);
    used_ = (used_ + bytes.size()) % kBlock;
  }

  GrowingFile file_;
  std::size_t used_ = 0;  // of the block
};

std::string number_json(double value) {
  if (std::isfinite(value)) {
    return Json(value).dump();
  }
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

Message item(std::uint32_t key_field, const std::string& key, const std::string& json) {
  return Message().text(key_field, key).text(kValueJson, json);
}

Message timestamp(double seconds) {
  const double whole = std::floor(seconds);
  return Message()
      .integer(1, static_cast<std::int64_t>(whole))
      .integer(2, static_cast<std::int64_t>((seconds - whole) * 1e9));
}

Message run_message(const WandbOptions& options, const RunFacts& run) {
  Message config;
  for (const auto& [key, value] : run.config.items()) {
    config.message(1, item(kKey, key, value.dump()));
  }
  Message out;
  out.text(1, options.id);
  const auto add = [&out](std::uint32_t field, const std::optional<std::string>& text) {
    if (text && !text->empty()) {
      out.text(field, *text);
    }
  };
  add(2, options.entity);
  add(3, options.project);
  out.message(4, config);
  add(6, options.group);
  add(7, options.job_type);
  add(8, run.name);
  add(9, options.notes);
  for (const auto& tag : options.tags) {
    out.text(10, tag);
  }
  return out.integer(14, run.first_step)
      .message(17, timestamp(run.seconds))
      .integer(18, run.is_resumed ? 1 : 0);
}

/// Names the folder and the file.
std::string checked_id(const std::string& id) {
  check(is_file_name(id), ErrorKind::invalid_argument,
        "the id of a W&B run cannot be '{}'; use letters, digits, '-' and '_'", id);
  return id;
}

/// Named by the second; a second later if a part of the run began in the same one.
fs::path run_folder(const WandbOptions& options, const RunFacts& run) {
  for (auto seconds = static_cast<std::time_t>(run.seconds);; ++seconds) {
    const fs::path folder = options.folder / "wandb" /
                            fmt::format("offline-run-{:%Y%m%d_%H%M%S}-{}", fmt::gmtime(seconds),
                                        checked_id(options.id));
    if (!fs::exists(folder)) {
      return folder;
    }
  }
}

class Wandb : public Writer {
 public:
  Wandb(const WandbOptions& options, const RunFacts& run)
      : folder_(run_folder(options, run)),
        log_(folder_ / fmt::format("run-{}.wandb", options.id)),
        start_(run.seconds) {
    constexpr const char* kLeastReader = "0.70.0";
    add(kFileHeader, Message().message(1, Message().text(1, "automodel").text(2, kLeastReader)));
    add(kRun, run_message(options, run));
  }

  /// wandb counts points, so that those of one step must be one.
  void write(const Scalars& point) override {
    const std::int64_t step = std::max<std::int64_t>(point.step, 0);
    if (step != pending_.step) {
      write_pending();
    }
    pending_.step = step;
    pending_.seconds = point.seconds;
    pending_.values.insert(pending_.values.end(), point.values.begin(), point.values.end());
  }

  void finish(RunEnd end, double seconds) override {
    write_pending();
    add(kExit, Message()
                   .integer(1, end == RunEnd::complete ? 0 : 1)
                   .integer(2, static_cast<std::int64_t>(seconds - start_)));
  }

  std::string place() const override { return "wandb sync " + folder_.string(); }

 private:
  void write_pending() {
    if (pending_.values.empty()) {
      return;
    }
    Message history;
    Message summary;
    const auto add_value = [&](const std::string& key, const std::string& json) {
      history.message(1, item(kNestedKey, key, json));
      summary.message(1, item(kNestedKey, key, json));
    };
    for (const auto& [key, value] : pending_.values) {
      add_value(key, number_json(value));
    }
    add_value("_timestamp", number_json(pending_.seconds));
    add_value("_runtime", number_json(pending_.seconds - start_));
    add_value("_step", std::to_string(pending_.step));
    add(kHistory, history.message(2, Message().integer(1, pending_.step)));
    add(kSummary, summary);
    pending_.values.clear();
  }

  void add(std::uint32_t field, const Message& content) {
    log_.add(Message().integer(kNumber, ++num_records_).message(field, content).bytes());
  }

  fs::path folder_;
  TransactionLog log_;
  double start_;
  std::int64_t num_records_ = 0;
  Scalars pending_;
};

}  // namespace

std::unique_ptr<Writer> wandb_writer(const WandbOptions& options, const RunFacts& run) {
  return std::make_unique<Wandb>(options, run);
}

}  // namespace automodel::watch
