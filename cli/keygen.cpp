// roost keygen --out KEYFILE
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "core/crypto/keys.hpp"

namespace roost::cli {

Run setup_keygen(Options& options) {
  auto file = std::make_shared<std::filesystem::path>();
  options.about(
      "Writes an Ed25519 key pair: FILE (mode 0600) signs releases and stays where they are\n"
      "built, FILE.pub goes to every node. Never overwrites a key.");
  options.value("out", *file, "FILE", "where the secret key goes; FILE.pub goes beside it")
      .required()
      .files();
  options.example("roost keygen --out new-key.pem");
  return [file](Context& context) {
    const auto key = crypto::SecretKey::generate();
    const auto public_file = crypto::write_key_pair(*file, key);
    const auto& id = key.public_key().id();
    context.out.line("secret key  " + file->string());
    context.out.line("public key  " + public_file.string());
    context.out.line("key id      " + id);
    context.out.result(
        {{"key", file->string()}, {"public_key", public_file.string()}, {"key_id", id}});
    return 0;
  };
}

}  // namespace roost::cli
