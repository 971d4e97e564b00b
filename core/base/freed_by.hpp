// Owner of what a C library made and takes back through a function of its own:
// std::unique_ptr<BIO, FreedBy<BIO_free_all>>. Knows no library.
#pragma once

namespace roost {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

}  // namespace roost
