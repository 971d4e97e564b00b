#define ZSTD_STATIC_LINKING_ONLY  // names ZSTD_c_useRowMatchFinder; nothing is linked statically
#include "core/release/zstd_codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <string>

#include "core/base/error.hpp"

namespace roost::release {
namespace {

constexpr int kMaxWindowLog = 24;  // a frame that needs more is none of ours

void check(std::size_t code, const char* what) {
  if (ZSTD_isError(code) != 0) {
    throw Error(Errc::failed, std::string(what) + ": zstd: " + ZSTD_getErrorName(code));
  }
}

struct FreeDctx {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};
using Dctx = std::unique_ptr<ZSTD_DCtx, FreeDctx>;

ZSTD_DCtx* thread_context() {
  thread_local const Dctx context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  return context.get();
}

}  // namespace

ZstdParameters chunk_parameters(Region region, std::uint32_t max_chunk) noexcept {
  const auto window = static_cast<int>(std::bit_width(max_chunk - 1));
  if (region == Region::small_files) return {window, 17, 17, 3, 4, 4, ZSTD_lazy};
  return {window, 17, 17, 4, 4, 2, ZSTD_greedy};
}

ZstdParameters index_parameters() noexcept {
  return {22, 20, 20, 5, 5, 32, ZSTD_lazy2};
}

// zstd takes no memory for a window beside whole buffers, and shortens it to what they need.
ZstdParameters patch_parameters() noexcept {
  return {26, 20, 20, 1, 6, 0, ZSTD_dfast, LongMatches{17, 256, 3, 5}};
}

struct Compressor::Impl {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  Bytes out;
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { ZSTD_freeCCtx(context); }

  void set(ZSTD_cParameter parameter, int value) {
    check(ZSTD_CCtx_setParameter(context, parameter, value), "set compression parameter");
  }

  void set_long_matches(const std::optional<LongMatches>& parameters) {
    set(ZSTD_c_enableLongDistanceMatching, parameters ? ZSTD_ps_enable : ZSTD_ps_disable);
    if (!parameters) return;
    set(ZSTD_c_ldmHashLog, parameters->hash_log);
    set(ZSTD_c_ldmMinMatch, parameters->min_match);
    set(ZSTD_c_ldmBucketSizeLog, parameters->bucket_log);
    set(ZSTD_c_ldmHashRateLog, parameters->rate_log);
  }
};

Compressor::Compressor(const ZstdParameters& parameters) : impl_(std::make_unique<Impl>()) {
  if (impl_->context == nullptr) throw std::bad_alloc();
  impl_->set(ZSTD_c_windowLog, parameters.window_log);
  impl_->set(ZSTD_c_hashLog, parameters.hash_log);
  impl_->set(ZSTD_c_chainLog, parameters.chain_log);
  impl_->set(ZSTD_c_searchLog, parameters.search_log);
  impl_->set(ZSTD_c_minMatch, parameters.min_match);
  impl_->set(ZSTD_c_targetLength, parameters.target_length);
  impl_->set(ZSTD_c_strategy, parameters.strategy);
  impl_->set_long_matches(parameters.long_matches);
  impl_->set(ZSTD_c_contentSizeFlag, 1);
  impl_->set(ZSTD_c_checksumFlag, 0);
  impl_->set(ZSTD_c_dictIDFlag, 0);
  impl_->set(ZSTD_c_nbWorkers, 0);
  // By default these depend on the CPU's vector unit and on the library's mood.
  impl_->set(ZSTD_c_useRowMatchFinder,
             parameters.strategy >= ZSTD_greedy && parameters.strategy <= ZSTD_lazy2
                 ? ZSTD_ps_enable
                 : ZSTD_ps_disable);
  impl_->set(ZSTD_c_useBlockSplitter, ZSTD_ps_disable);
  impl_->set(ZSTD_c_literalCompressionMode, ZSTD_ps_auto);  // by strategy alone
}

Compressor::~Compressor() = default;

BytesView Compressor::compress(BytesView raw, BytesView prefix) {
  Bytes& out = impl_->out;
  // For the next frame only; an empty one is none.
  check(ZSTD_CCtx_refPrefix(impl_->context, prefix.data(), prefix.size()), "refer to prefix");
  if (out.size() < ZSTD_compressBound(raw.size())) out.resize(ZSTD_compressBound(raw.size()));
  const std::size_t length =
      ZSTD_compress2(impl_->context, out.data(), out.size(), raw.data(), raw.size());
  check(length, "compress");
  return BytesView(out).first(length);
}

bool decompress_exactly(BytesView stored, std::span<std::uint8_t> raw, BytesView prefix) noexcept {
  // One frame only: ZSTD_decompress would go on to a second.
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) return false;
  if (ZSTD_isError(ZSTD_DCtx_refPrefix(thread_context(), prefix.data(), prefix.size())) != 0) {
    return false;
  }
  const std::size_t length =
      ZSTD_decompressDCtx(thread_context(), raw.data(), raw.size(), stored.data(), stored.size());
  return ZSTD_isError(length) == 0 && length == raw.size();
}

Bytes decompress(BytesView stored, std::size_t raw_length) {
  const Dctx context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  check(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxWindowLog), "decompress");
  Bytes out;
  ZSTD_inBuffer in{stored.data(), stored.size(), 0};
  for (std::size_t more = 1; more != 0;) {
    const std::size_t have = out.size();
    out.resize(std::min(raw_length + 1, std::max<std::size_t>(have * 2, 256 * 1024)));
    ZSTD_outBuffer buffer{out.data(), out.size(), have};
    const std::size_t consumed = in.pos;
    more = ZSTD_decompressStream(context.get(), &buffer, &in);
    const bool stuck = in.pos == consumed && buffer.pos == have;
    out.resize(buffer.pos);
    if (ZSTD_isError(more) != 0 || (more != 0 && stuck) || out.size() > raw_length) {
      throw Error(Errc::integrity, "read index: its body can't be decompressed");
    }
  }
  if (in.pos != in.size || out.size() != raw_length) {
    throw Error(Errc::integrity, "read index: its body has another length than it says");
  }
  return out;
}

}  // namespace roost::release
