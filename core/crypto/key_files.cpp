// Key files: reading them with care for who else can, writing them once.

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/crypto/key_text.hpp"
#include "core/crypto/keys.hpp"

namespace roost::crypto {
namespace {

constexpr std::size_t kMaxKeyFile = 64UL * 1024;

void read_key_text(int fd, const std::string& name, std::string& text) {
  text.resize(kMaxKeyFile);  // once: growing would leave copies behind
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(fd, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read key from " + name);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled == kMaxKeyFile) {
    throw Error(Errc::usage, "read key from " + name + ": longer than 64 KiB");
  }
  text.resize(filled);
}

UniqueFd open_key(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open key " + path.string());
  return fd;
}

// A pipe has a mode too (0600), so that `--key <(command)` passes.
void check_private(int fd, const std::filesystem::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw_errno("stat key " + path.string());
  if ((info.st_mode & 077U) == 0) return;
  throw Error(Errc::usage, "read key from " + path.string() + ": group or others may read it",
              "chmod 600 " + path.string());
}

void sync_parent(const std::filesystem::path& path) {
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const UniqueFd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_errno("open " + parent.string());
  if (::fsync(fd.get()) != 0) throw_errno("sync " + parent.string());
}

// A file that did not exist before and goes again unless keep() is called.
class NewFile {
 public:
  NewFile(std::filesystem::path path, mode_t mode)
      : path_(std::move(path)),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)) {
    if (!fd_ && errno == EEXIST) {
      throw Error(Errc::conflict, "write key " + path_.string() + ": the file exists",
                  "choose another name; keys are never overwritten");
    }
    if (!fd_) throw_errno("write key " + path_.string());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ && !kept_) ::unlink(path_.c_str());
  }

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::write(fd_.get(), text.data(), text.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw_errno("write key " + path_.string());
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(fd_.get()) != 0) throw_errno("sync key " + path_.string());
  }
  void keep() noexcept { kept_ = true; }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  bool kept_ = false;
};

}  // namespace

SecretText::~SecretText() {
  OPENSSL_cleanse(text.data(), text.size());
}

void read_public_file(const std::filesystem::path& path, std::string& text) {
  const UniqueFd fd = open_key(path);
  read_key_text(fd.get(), path.string(), text);
}

void read_secret_file(const std::filesystem::path& path, SecretText& text) {
  const UniqueFd fd = open_key(path);
  check_private(fd.get(), path);
  read_key_text(fd.get(), path.string(), text.text);
}

SecretKey load_secret_key(const std::filesystem::path& path) {
  SecretText text;
  if (path == "-") {
    read_key_text(STDIN_FILENO, "stdin", text.text);
    return SecretKey::parse_pem(text.text, "stdin");
  }
  read_secret_file(path, text);
  return SecretKey::parse_pem(text.text, path.string());
}

PublicKey load_public_key(const std::filesystem::path& path) {
  std::string text;
  read_public_file(path, text);
  return PublicKey::parse_pem(text, path.string());
}

std::filesystem::path write_key_pair(const std::filesystem::path& path, const SecretKey& key) {
  auto public_path = path;
  public_path += ".pub";
  NewFile secret_file(path, 0600);
  NewFile public_file(public_path, 0644);
  const SecretText pem(key.pem());
  secret_file.write(pem.text);
  public_file.write(key.public_key().pem());
  sync_parent(path);
  secret_file.keep();
  public_file.keep();
  return public_path;
}

}  // namespace roost::crypto
