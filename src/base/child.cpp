#include "base/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"

namespace automodel {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) {
      ::close(std::exchange(number_, -1));
    }
  }

 private:
  int number_;
};

/// 0 at the end.
std::size_t read_some(const Descriptor& from, std::span<char> buffer) {
  while (true) {
    const ssize_t n = ::read(from.number(), buffer.data(), buffer.size());
    if (n >= 0 || errno != EINTR) {
      check(n >= 0, ErrorKind::io, "cannot read what a program says: {}", std::strerror(errno));
      return static_cast<std::size_t>(n);
    }
  }
}

/// A running child; waited for at the latest when the object goes.
class Child {
 public:
  Child(std::span<const std::string> words, const Descriptor& out, const Descriptor& errors) {
    std::vector<char*> argv;
    for (const std::string& word : words) {
      argv.push_back(const_cast<char*>(word.c_str()));  // as exec wants them; not written to
    }
    argv.push_back(nullptr);
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out.number(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors.number(), STDERR_FILENO);
    const int error = ::posix_spawnp(&id_, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    check(error == 0, ErrorKind::io, "cannot start {}: {}", words[0], std::strerror(error));
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int wait() {
    int status = 0;
    if (id_ > 0) {
      while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
      }
      id_ = 0;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  ::pid_t id_ = 0;
};

}  // namespace

ChildEnd run_child(std::span<const std::string> words,
                   const std::function<void(std::string_view piece)>& take) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0, ErrorKind::io, "cannot make a pipe: {}",
        std::strerror(errno));
  Descriptor out(ends[1]);
  Descriptor reader(ends[0]);
  const Descriptor errors(::memfd_create("errors", MFD_CLOEXEC));  // of any length, without a wait
  check(errors.number() >= 0, ErrorKind::io, "cannot make a file in memory: {}",
        std::strerror(errno));
  Child child(words, out, errors);
  out.close();
  // Closed before the wait of ~Child: the child cannot hang writing.
  const Descriptor in = std::move(reader);
  std::vector<char> buffer(std::size_t{1} << 16);
  for (std::size_t n = 0; (n = read_some(in, buffer)) > 0;) {
    take({buffer.data(), n});
  }
  ChildEnd end{.code = child.wait()};
  const auto most = static_cast<::off_t>(buffer.size());
  ::lseek(errors.number(), std::max<::off_t>(::lseek(errors.number(), 0, SEEK_END) - most, 0),
          SEEK_SET);
  end.errors.append(buffer.data(), read_some(errors, buffer));
  return end;
}

std::optional<std::string> output_of(std::span<const std::string> words) {
  std::string out;
  try {
    const ChildEnd end = run_child(words, [&](std::string_view piece) { out += piece; });
    return end.code == 0 ? std::optional(out) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::filesystem::path beside_program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

}  // namespace automodel
