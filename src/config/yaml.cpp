#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/known.h"
#include "base/utf8.h"

namespace automodel::config {
namespace {

constexpr std::size_t kLongestText = std::size_t{16} << 20;
constexpr std::size_t kDeepest = 64;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

/// A list or map that is being read.
struct Frame {
  Node node;
  YAML::anchor_t anchor = 0;
  std::optional<Node> key;
};

/// Builds the tree from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string_view file, const YamlKind& kind)
      : text_(text), file_(file), kind_(kind) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    OnScalar(mark, "", anchor, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(mark, NodeKind::scalar, tag);
    node.plain = tag.empty() || tag == "?";
    node.text = value;
    node.value = value;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    check(found != anchors_.end(), ErrorKind::invalid_argument,
          "{}: an alias inside the value that it stands for; a value cannot contain itself",
          place(mark));
    count(mark, found->second.second);
    add(found->second.first, 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    push(mark, start(mark, NodeKind::list, tag), anchor);
  }
  void OnSequenceEnd() override { pop(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    push(mark, start(mark, NodeKind::map, tag), anchor);
  }
  void OnMapEnd() override { pop(); }

  YamlDocument take() { return {std::move(root_), std::move(warnings_)}; }

 private:
  std::string place(const YAML::Mark& mark) const {
    return fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
  }
  std::string place(const Origin& where) const {
    return fmt::format("{}:{}:{}", file_, where.line, where.column);
  }

  Node start(const YAML::Mark& mark, NodeKind kind, const std::string& tag) {
    const bool known = tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str";
    check(known, ErrorKind::invalid_argument,
          "{}: the tag '{}' is not allowed in {}; write the value without a tag", place(mark), tag,
          kind_.name);
    check_no_tab(mark);
    count(mark, 1);
    Node node;
    node.kind = kind;
    node.origin = {OriginKind::file, mark.line + 1, mark.column + 1};
    return node;
  }

  /// PyYAML refuses tabs that separate or indent values.
  void check_no_tab(const YAML::Mark& mark) const {
    if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) > text_.size()) {
      return;
    }
    for (auto at = static_cast<std::size_t>(mark.pos); at > 0; --at) {
      const char c = text_[at - 1];
      check(c != '\t', ErrorKind::invalid_argument,
            "{}: a tab before this value; YAML allows only spaces here", place(mark));
      if (c != ' ') {
        return;
      }
    }
  }

  void count(const YAML::Mark& mark, std::size_t values) {
    num_values_ += values;
    check(num_values_ <= kind_.most_values, ErrorKind::invalid_argument,
          "{}: more than {} values, aliases expanded; {} may have no more", place(mark),
          kind_.most_values, kind_.name);
  }

  void push(const YAML::Mark& mark, Node node, YAML::anchor_t anchor) {
    check(frames_.size() < kDeepest, ErrorKind::invalid_argument,
          "{}: nested deeper than {} levels", place(mark), kDeepest);
    frames_.push_back({std::move(node), anchor, std::nullopt});
    sizes_.push_back(num_values_);
  }

  void pop() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.node.kind == NodeKind::map) {
      merge_maps(frame.node);
    }
    const std::size_t size = num_values_ - sizes_.back() + 1;
    sizes_.pop_back();
    if (frame.anchor != 0) {
      anchors_[frame.anchor] = {frame.node, size};
    }
    add(std::move(frame.node), 0);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      anchors_[anchor] = {node, 1};
    }
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (Frame& frame = frames_.back(); frame.node.kind == NodeKind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      check(node.kind == NodeKind::scalar, ErrorKind::invalid_argument,
            "{}: {} as a key; keys are names", place(node.origin),
            node.kind == NodeKind::map ? "a mapping" : "a list");
      frame.key = std::move(node);
    } else {
      add_entry(frame, std::move(node));
    }
  }

  void add_entry(Frame& frame, Node node) {
    const Node key = known(std::exchange(frame.key, std::nullopt));
    if (Node* earlier = frame.node.find(key.text); earlier != nullptr && key.text != "<<") {
      const Origin& where = earlier->origin;
      warnings_.push_back(
          {key.origin, key.text,
           fmt::format("this key was already given (value at line {}); the last one counts",
                       where.line)});
      *earlier = std::move(node);
      return;
    }
    frame.node.entries.push_back({key.text, key.origin, std::move(node)});
  }

  /// `<<: *base` brings in base's entries; the map's own win, then the first of several maps.
  void merge_maps(Node& map) const {
    std::vector<Entry> own = std::exchange(map.entries, {});
    std::vector<const Entry*> merges;
    for (Entry& entry : own) {
      if (entry.key != "<<") {
        map.entries.push_back(std::move(entry));
      } else {
        merges.push_back(&entry);
      }
    }
    for (const Entry* entry : merges | std::views::reverse) {  // the last of several counts
      const Node& value = entry->value;
      const std::vector<Node> one = {value};
      for (const Node& source : value.kind == NodeKind::list ? value.items : one) {
        check(source.kind == NodeKind::map, ErrorKind::invalid_argument,
              "{}: '<<' merges mappings, found {}", place(entry->key_origin), describe(source));
        for (const Entry& inherited : source.entries) {
          if (map.find(inherited.key) == nullptr) {
            map.entries.push_back(inherited);
          }
        }
      }
    }
  }

  std::string_view text_;
  std::string file_;
  YamlKind kind_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> sizes_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;
  std::size_t num_values_ = 0;
  Node root_;
  std::vector<Problem> warnings_;
};

void check_text(std::string_view text, std::string_view file, const YamlKind& kind) {
  check(text.size() <= kLongestText, ErrorKind::invalid_argument,
        "{}: {} bytes; {} may have at most {}", file, text.size(), kind.name, kLongestText);
  refuse_wide_encoding(text, file);
  const auto control = std::ranges::find_if(text, is_control) - text.begin();
  const auto at =
      std::min(find_invalid_utf8(text).value_or(text.size()), static_cast<std::size_t>(control));
  check(at == text.size(), ErrorKind::invalid_argument,
        "{}:{}: byte 0x{:02x} is not allowed; {} is UTF-8 text", file,
        1 + std::ranges::count(text.substr(0, at), '\n'),
        at < text.size() ? static_cast<unsigned char>(text[at]) : 0, kind.name);
}

}  // namespace

YamlDocument parse_yaml(std::string_view text, std::string_view file, const YamlKind& kind) {
  text = without_byte_order_mark(text);
  check_text(text, file, kind);
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(text, file, kind);
  try {
    YAML::Parser parser(stream);
    check(parser.HandleNextDocument(builder), ErrorKind::invalid_argument,
          "{}: the file is empty; a recipe is a mapping of sections", file);
    YamlDocument document = builder.take();
    TreeBuilder rest(text, file, kind);
    check(!parser.HandleNextDocument(rest), ErrorKind::invalid_argument,
          "{}: more than one YAML document ('---'); {} is one document", file, kind.name);
    return document;
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::invalid_argument, "{}:{}:{}: not valid YAML: {}", file, error.mark.line + 1,
         error.mark.column + 1, error.msg);
  }
}

}  // namespace automodel::config
