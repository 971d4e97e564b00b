# Language level, warnings and sanitizers that every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(ROOST_CCACHE ccache)
if(ROOST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ROOST_CCACHE})
endif()

add_library(roost_options INTERFACE)
target_include_directories(roost_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(roost_options INTERFACE ROOST_VERSION="${PROJECT_VERSION}")
target_compile_options(roost_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports replaced operator new in inlined library code (GCC bug 100485), and
  # overlap in the inlined operator+ of strings (GCC bug 105651).
  target_compile_options(roost_options INTERFACE -Wno-mismatched-new-delete -Wno-restrict)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # What g++ does not count as -Wconversion either.
  target_compile_options(roost_options INTERFACE -Wno-sign-conversion)
endif()

set(ROOST_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
if(ROOST_SANITIZE)
  add_compile_options(-fsanitize=${ROOST_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ROOST_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND ROOST_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)  # Asio's fences, which the sanitizer can't see through
  endif()
endif()
