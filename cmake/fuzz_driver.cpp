// Runs a fuzz target where libFuzzer is not available: inputs are files of the corpus, changed at
// random. It has no notion of coverage, so it finds less.
//
//   TARGET [-max_total_time=SECONDS] [-seed=NUMBER] CORPUS...
//
// Each CORPUS is a folder or a file; of files each is first run as it is. An input that crashes or
// takes longer than 20 seconds is left in ./crash-input.

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr unsigned kSecondsPerInput = 20;
constexpr std::size_t kLongest = 1 << 16;

std::string current;  // NOLINT: what the signal handler saves

void save_and_die(int signal) {
  if (std::FILE* file = std::fopen("crash-input", "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

void change(std::string& text, const std::vector<std::string>& corpus, Random& random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t count = std::min(below(random, 16), text.size() - at);
  switch (below(random, 7)) {
    case 0:
      text.erase(at, count);
      return;
    case 1:
      text.insert(at, 1, static_cast<char>(random()));
      return;
    case 2:
      if (at < text.size()) {
        text[at] = static_cast<char>(random());
      }
      return;
    case 3:
      if (at < text.size()) {
        text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
      }
      return;
    case 4:
      text.insert(at, text.substr(below(random, text.size() + 1), below(random, 64)));
      return;
    case 5: {
      const std::string& other = corpus[below(random, corpus.size())];
      text.insert(at, other.substr(below(random, other.size() + 1), below(random, 64)));
      return;
    }
    default:
      text.resize(at);
  }
}

void run(std::string input) {
  current = std::move(input);
  alarm(kSecondsPerInput);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
  alarm(0);
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Options {
  double seconds = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> corpus;
};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("-max_total_time=")) {
      options.seconds = static_cast<double>(number_of(word.substr(16)));
    } else if (word.starts_with("-seed=")) {
      options.seed = number_of(word.substr(6));
    } else if (fs::is_directory(word)) {
      for (const auto& entry : fs::directory_iterator(word)) {
        options.corpus.push_back(read(entry.path()));
      }
    } else if (!word.starts_with("-")) {
      options.corpus.push_back(read(word));
    }
  }
  std::sort(options.corpus.begin(), options.corpus.end());
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  if (options.corpus.empty()) {
    std::fprintf(stderr, "no input: give a corpus folder or files\n");
    return 2;
  }
  for (const int signal : {SIGSEGV, SIGABRT, SIGALRM, SIGFPE, SIGBUS, SIGILL}) {
    std::signal(signal, save_and_die);
  }
  std::uint64_t runs = 0;
  for (const std::string& input : options.corpus) {
    run(input);
    ++runs;
  }
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
  Random random(options.seed);
  while (Clock::now() < end) {
    std::string input = options.corpus[below(random, options.corpus.size())];
    for (std::size_t i = below(random, 8) + 1; i > 0; --i) {
      change(input, options.corpus, random);
    }
    input.resize(std::min(input.size(), kLongest));
    run(std::move(input));
    ++runs;
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(runs));
  return 0;
}
