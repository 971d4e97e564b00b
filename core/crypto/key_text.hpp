// The text of key and certificate files, read with care for who else can read
// them. Private to core/crypto. At most 64 KiB. Throws Error{usage} for a secret
// file that group or others may read and for a longer file, and what opening and
// reading throw, each naming the file.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace roost::crypto {

// Text that is wiped when it goes.
struct SecretText {
  std::string text;
  SecretText() = default;
  explicit SecretText(std::string value) : text(std::move(value)) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();
};

void read_public_file(const std::filesystem::path& path, std::string& text);
void read_secret_file(const std::filesystem::path& path, SecretText& text);

}  // namespace roost::crypto
