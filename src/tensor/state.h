#pragma once
// What must survive a restart: one walk over it saves, the same walk restores.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "tensor/tensor_info.h"

namespace automodel {

/// Everything that continues a run bit for bit has `void visit(StateVisitor&)`, which names each
/// tensor and number of its state. Names are unique within one walk.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  /// A tensor that is there already; restoring copies into it.
  virtual void tensor(const std::string& name, const Tensor& value) = 0;
  virtual void integer(const std::string& name, std::int64_t& value) = 0;
  virtual void number(const std::string& name, double& value) = 0;
  virtual void text(const std::string& name, std::string& value) = 0;
};

/// Collects the state; finish() writes it as state.safetensors and state.json into a folder.
class StateSaver final : public StateVisitor {
 public:
  void tensor(const std::string& name, const Tensor& value) override;
  void integer(const std::string& name, std::int64_t& value) override;
  void number(const std::string& name, double& value) override;
  void text(const std::string& name, std::string& value) override;

  /// Throws Error(io), Error(internal) for a name that was used twice.
  void finish(const std::filesystem::path& folder) const;

 private:
  void add(const std::string& name, Json value);

  std::vector<NamedTensor> tensors_;
  Json values_ = Json::object();
};

/// Restores what StateSaver wrote. Strict: Error(corrupt_data) for what is missing or of another
/// type, dtype or shape; finish() for what nobody asked for.
class StateRestorer final : public StateVisitor {
 public:
  /// Throws Error(not_found | corrupt_data).
  explicit StateRestorer(const std::filesystem::path& folder);
  ~StateRestorer() override;

  void tensor(const std::string& name, const Tensor& value) override;
  void integer(const std::string& name, std::int64_t& value) override;
  void number(const std::string& name, double& value) override;
  void text(const std::string& name, std::string& value) override;

  void finish() const;

 private:
  const Json& take(const std::string& name, bool is_right_type(const Json&), const char* type);

  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace automodel
