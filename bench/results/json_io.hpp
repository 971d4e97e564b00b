// Plain data to JSON and back, with one description of the fields for both ways.
//
// fields(io, value) names each field of a type once; Writer puts them into an object,
// Reader fills them from one. A Reader trusts nothing: kinds, ranges and lengths are
// checked, unknown fields are passed over, and a refusal names the field with its path
// ("runs[3].nodes[0].rate"). Private to this library: it includes json.hpp.
// Throws Error{integrity}.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"

namespace roost::bench {

inline constexpr std::size_t kMaxText = 16384;
// Longer text is cut when it is written, so that every file that was written can be read: a
// byte that is not UTF-8 becomes three.
inline constexpr std::size_t kWrittenText = kMaxText / 4;
inline constexpr std::size_t kMaxFacts = 64;  // entries of an object that is used as a map

class Writer {
 public:
  using Json = nlohmann::ordered_json;

  explicit Writer(Json& out) : out_(out) { out_ = Json::object(); }

  void value(const char* name, const std::string& text) {
    out_[name] = text.substr(0, kWrittenText);
  }
  void value(const char* name, double number) { out_[name] = number; }
  void value(const char* name, std::uint64_t number) { out_[name] = number; }
  void value(const char* name, unsigned number) { out_[name] = number; }
  void value(const char* name, bool flag) { out_[name] = flag; }
  template <class Number>
  void value(const char* name, const std::optional<Number>& number) {
    if (number) out_[name] = *number;
  }
  template <class T>
  void value(const char* name, const std::map<std::string, T>& entries) {
    out_[name] = entries;
  }
  template <class Enum>
  void choice(const char* name, const Enum& value,
              std::initializer_list<std::pair<Enum, const char*>> names) {
    for (const auto& [each, text] : names) {
      if (each == value) out_[name] = text;
    }
  }
  template <class T>
  void object(const char* name, const T& value) {
    Writer inner(out_[name]);
    fields(inner, value);
  }
  template <class T>
  void object(const char* name, const std::optional<T>& value) {
    if (value) object(name, *value);
  }
  template <class T>
  void list(const char* name, const std::vector<T>& values, std::size_t /*limit*/) {
    Json& array = out_[name] = Json::array();
    for (const T& value : values) {
      if constexpr (std::is_same_v<T, std::string>) {
        array.push_back(value.substr(0, kWrittenText));
      } else {
        Writer inner(array.emplace_back());
        fields(inner, value);
      }
    }
  }

 private:
  Json& out_;
};

class Reader {
 public:
  using Json = nlohmann::json;

  Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) refuse("not an object");
  }

  void value(const char* name, std::string& text) const { read(name, at(name), text); }
  void value(const char* name, double& number) const { read(name, at(name), number); }
  void value(const char* name, std::uint64_t& number) const {
    const Json& json = at(name);
    if (!json.is_number_unsigned()) refuse(name, "not a whole number from 0");
    number = json.get<std::uint64_t>();
  }
  void value(const char* name, unsigned& number) const {
    std::uint64_t wide = 0;
    value(name, wide);
    if (wide > std::numeric_limits<unsigned>::max()) refuse(name, "too large");
    number = static_cast<unsigned>(wide);
  }
  void value(const char* name, bool& flag) const {
    const Json& json = at(name);
    if (!json.is_boolean()) refuse(name, "neither true nor false");
    flag = json.get<bool>();
  }
  template <class Number>
  void value(const char* name, std::optional<Number>& number) const {
    if (has(name)) value(name, number.emplace());
  }
  template <class T>
  void value(const char* name, std::map<std::string, T>& entries) const {
    const Json& json = at(name);
    if (!json.is_object()) refuse(name, "not an object");
    if (json.size() > kMaxFacts) refuse(name, "too many entries");
    for (const auto& [key, each] : json.items()) {
      if (key.size() > kMaxText) refuse(name, "a name in it is too long");
      read(name, each, entries[key]);
    }
  }
  template <class Enum>
  void choice(const char* name, Enum& value,
              std::initializer_list<std::pair<Enum, const char*>> names) const {
    std::string text;
    read(name, at(name), text);
    for (const auto& [each, known] : names) {
      if (text == known) {
        value = each;
        return;
      }
    }
    refuse(name, "unknown value");
  }
  template <class T>
  void object(const char* name, T& value) const {
    Reader inner(at(name), path_to(name));
    fields(inner, value);
  }
  template <class T>
  void object(const char* name, std::optional<T>& value) const {
    if (has(name)) object(name, value.emplace());
  }
  template <class T>
  void list(const char* name, std::vector<T>& values, std::size_t limit) const {
    const Json& json = at(name);
    if (!json.is_array()) refuse(name, "not a list");
    if (json.size() > limit) refuse(name, "more than " + std::to_string(limit) + " entries");
    for (const Json& each : json) {
      const std::string path = path_to(name) + "[" + std::to_string(values.size()) + "]";
      if constexpr (std::is_same_v<T, std::string>) {
        read(name, each, values.emplace_back());
      } else {
        Reader inner(each, path);
        fields(inner, values.emplace_back());
      }
    }
  }

 private:
  bool has(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() && !found->is_null();
  }
  const Json& at(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) refuse(name, "missing");
    return *found;
  }
  void read(const char* name, const Json& json, std::string& text) const {
    if (!json.is_string()) refuse(name, "not text");
    text = json.get_ref<const std::string&>();
    if (text.size() > kMaxText) refuse(name, "longer than " + std::to_string(kMaxText) + " bytes");
  }
  void read(const char* name, const Json& json, double& number) const {
    if (!json.is_number()) refuse(name, "not a number");
    number = json.get<double>();
    if (!std::isfinite(number) || number < 0) refuse(name, "not a number from 0");
  }
  std::string path_to(const char* name) const { return path_.empty() ? name : path_ + "." + name; }
  [[noreturn]] void refuse(const char* name, const std::string& why) const {
    throw Error(Errc::integrity, "read results: field '" + path_to(name) + "': " + why);
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Errc::integrity,
                "read results: " + (path_.empty() ? "" : "field '" + path_ + "': ") + why);
  }

  const Json& object_;
  std::string path_;
};

}  // namespace roost::bench
