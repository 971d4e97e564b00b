// Key files come from people: any text is a key or Error{usage}.
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/crypto/keys.hpp"

namespace {

template <class Key>
void check(std::string_view text) {
  try {
    const auto key = Key::parse_pem(text);
    if (Key::parse_pem(key.pem()).pem() != key.pem()) std::abort();
  } catch (const roost::Error& error) {
    if (error.code() != roost::Errc::usage) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = roost::as_text({data, size});
  check<roost::crypto::PublicKey>(text);
  check<roost::crypto::SecretKey>(text);
  return 0;
}
