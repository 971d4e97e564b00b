#include "bench/delta/edit.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "core/base/error.hpp"
#include "core/base/freed_by.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kLevel = 3;

}  // namespace

class Edit::Packer {
 public:
  Packer() { ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, kLevel); }

  void add(std::string_view bytes) { run(bytes, ZSTD_e_continue); }
  std::uint64_t finish() {
    run({}, ZSTD_e_end);
    return packed_;
  }

 private:
  void run(std::string_view bytes, ZSTD_EndDirective how) {
    std::array<char, 1U << 16> buffer{};
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
      const auto left = ZSTD_compressStream2(stream_.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0) {
        throw Error(Errc::failed, std::string("pack what changed: ") + ZSTD_getErrorName(left));
      }
      packed_ += out.pos;
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  }

  std::unique_ptr<ZSTD_CCtx, FreedBy<ZSTD_freeCCtx>> stream_{ZSTD_createCCtx()};
  std::uint64_t packed_ = 0;
};

Edit::Edit(fs::path tree, std::uint64_t size, std::uint64_t seed)
    : tree_(std::move(tree)), size_(size), rng_(seed), packer_(std::make_unique<Packer>()) {}

Edit::~Edit() = default;

std::vector<fs::path> Edit::files(std::string_view directory) const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(tree_ / directory)) {
    if (entry.is_regular_file() && !entry.is_symlink()) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

void Edit::count(std::string_view bytes) {
  packer_->add(bytes);
  changed_bytes_ += bytes.size();
}

std::uint64_t Edit::changed_packed() {
  return changed_bytes_ == 0 ? 0 : packer_->finish();
}

void Edit::overwrite(const fs::path& path, const std::vector<Span>& spans,
                     std::string (*content)(std::size_t, Rng&)) {
  if (!spans.empty()) changed_files_.insert(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (const auto& span : spans) {
    auto bytes = content(static_cast<std::size_t>(span.length), rng_);
    for (const auto at : {std::uint64_t{0}, span.length - 1}) {
      file.seekg(static_cast<std::streamoff>(span.offset + at));
      auto& edge = bytes[static_cast<std::size_t>(at)];
      if (file.get() == static_cast<unsigned char>(edge)) edge = edge == 'x' ? 'y' : 'x';
    }
    file.seekp(static_cast<std::streamoff>(span.offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    count(bytes);
  }
  if (!file.flush()) throw Error(Errc::failed, "change " + path.string() + ": the disk says no");
}

void Edit::insert(const fs::path& path, const std::vector<Span>& spans,
                  std::string (*content)(std::size_t, Rng&)) {
  changed_files_.insert(path);
  const auto changed = path.string() + ".changed";
  {
    std::ifstream old(path, std::ios::binary);
    FileWriter out(changed);
    std::string buffer(kBinaryBlock, '\0');
    std::uint64_t at = 0;  // in the changed file
    const auto copy = [&](std::uint64_t length) {
      for (auto left = length; left > 0; at += static_cast<std::uint64_t>(old.gcount())) {
        const auto part = std::min<std::uint64_t>(left, buffer.size());
        old.read(buffer.data(), static_cast<std::streamsize>(part));
        if (old.gcount() == 0) return;
        out.write({buffer.data(), static_cast<std::size_t>(old.gcount())});
        left -= static_cast<std::uint64_t>(old.gcount());
      }
    };
    for (const auto& span : spans) {
      copy(span.offset - at);
      const auto bytes = content(static_cast<std::size_t>(span.length), rng_);
      out.write(bytes);
      count(bytes);
      at += bytes.size();
    }
    copy(fs::file_size(path));
    out.close();
  }
  fs::permissions(changed, fs::status(path).permissions());
  fs::rename(changed, path);
}

}  // namespace roost::bench
