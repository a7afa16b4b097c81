#include "tensor/state.h"

#include <cmath>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_writer.h"

namespace automodel {
namespace {

constexpr std::string_view kTensorsFile = "state.safetensors";
constexpr std::string_view kValuesFile = "state.json";  // JSON has no NaN: it is a text there

}  // namespace

void StateSaver::tensor(const std::string& name, const Tensor& value) {
  tensors_.push_back({name, value.detach()});
}

void StateSaver::add(const std::string& name, Json value) {
  check(!values_.contains(name), ErrorKind::internal, "the state has two values named {}", name);
  values_[name] = std::move(value);
}

void StateSaver::integer(const std::string& name, std::int64_t& value) { add(name, value); }
void StateSaver::number(const std::string& name, double& value) {
  add(name, std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value)));
}
void StateSaver::text(const std::string& name, std::string& value) { add(name, value); }

void StateSaver::finish(const std::filesystem::path& folder) const {
  write_safetensors(folder / kTensorsFile, tensors_);
  write_file_atomic(folder / kValuesFile, values_.dump(1) + "\n");
}

struct StateRestorer::Files {
  SafetensorsFile tensors;
  Json values;
  std::filesystem::path folder;
  std::set<std::string> unused;
};

StateRestorer::StateRestorer(const std::filesystem::path& folder)
    : files_(std::make_unique<Files>(Files{.tensors = SafetensorsFile(folder / kTensorsFile),
                                           .values = read_json(folder / kValuesFile),
                                           .folder = folder,
                                           .unused = {}})) {
  check(files_->values.is_object(), ErrorKind::corrupt_data, "{} is not a JSON object",
        (folder / kValuesFile).string());
  files_->unused.insert(files_->tensors.names().begin(), files_->tensors.names().end());
  for (const auto& [name, value] : files_->values.items()) {
    files_->unused.insert(name);
  }
}

StateRestorer::~StateRestorer() = default;

void StateRestorer::tensor(const std::string& name, const Tensor& value) {
  check(files_->tensors.contains(name), ErrorKind::corrupt_data,
        "the saved state in {} has no tensor {}, which this run needs", files_->folder.string(),
        name);
  const auto saved = files_->tensors.info(name);
  check(saved == info_of(value), ErrorKind::corrupt_data,
        "the saved state in {} has {} as {}, this run needs {}", files_->folder.string(), name,
        to_string(saved), to_string(info_of(value)));
  const at::NoGradGuard no_grad;
  value.detach().copy_(files_->tensors.tensor(name));
  files_->unused.erase(name);
}

const Json& StateRestorer::take(const std::string& name, bool is_right_type(const Json&),
                                const char* type) {
  const auto found = files_->values.find(name);
  check(found != files_->values.end() && is_right_type(*found), ErrorKind::corrupt_data,
        "the saved state in {} has no {} named {}, which this run needs", files_->folder.string(),
        type, name);
  files_->unused.erase(name);
  return *found;
}

void StateRestorer::integer(const std::string& name, std::int64_t& value) {
  const auto is_integer = [](const Json& json) { return json.is_number_integer(); };
  value = take(name, is_integer, "integer").get<std::int64_t>();
}

void StateRestorer::number(const std::string& name, double& value) {
  const auto is_number = [](const Json& json) {
    return json.is_number() || json == "nan" || json == "-nan" || json == "inf" || json == "-inf";
  };
  const Json& json = take(name, is_number, "number");
  value = json.is_number() ? json.get<double>() : std::stod(json.get<std::string>());
}

void StateRestorer::text(const std::string& name, std::string& value) {
  value = take(name, [](const Json& json) { return json.is_string(); }, "text").get<std::string>();
}

void StateRestorer::finish() const {
  check(files_->unused.empty(), ErrorKind::corrupt_data,
        "the saved state in {} has {}, which this run does not know: was it saved with another "
        "recipe?",
        files_->folder.string(), files_->unused.empty() ? "" : *files_->unused.begin());
}

}  // namespace automodel
