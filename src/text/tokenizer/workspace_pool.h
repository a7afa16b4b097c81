#pragma once
// Scratch memory for encoding, handed from thread to thread so that word caches stay warm.

#include <memory>
#include <mutex>
#include <vector>

#include "text/tokenizer/model.h"
#include "text/tokenizer/regex.h"

namespace automodel::text {

/// What one thread needs to encode.
struct Workspace {
  RegexScratch regex;
  ModelScratch model;
};

/// Grows to as many workspaces as threads ever encoded at the same time.
class WorkspacePool {
 public:
  /// A workspace for the time of its life.
  class Lease {
   public:
    Lease(WorkspacePool& pool, std::unique_ptr<Workspace> workspace)
        : pool_(pool), workspace_(std::move(workspace)) {}
    ~Lease() { pool_.give_back(std::move(workspace_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspace& operator*() { return *workspace_; }

   private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspace> workspace_;
  };

  Lease take() { return {*this, take_one()}; }

 private:
  std::unique_ptr<Workspace> take_one() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) {
      return std::make_unique<Workspace>();
    }
    auto workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void give_back(std::unique_ptr<Workspace> workspace) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(std::move(workspace));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace automodel::text
