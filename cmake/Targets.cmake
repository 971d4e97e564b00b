# One folder is one static library: its sources are what lies in it, so a new
# file needs no edit here.

# roost_library(NAME DEPS lib... PRIVATE_DEPS lib...)
#   builds roost_NAME from the *.cpp files of the current folder. DEPS show in its headers,
#   PRIVATE_DEPS only in its sources.
function(roost_library name)
  cmake_parse_arguments(arg "" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(roost_${name} STATIC ${sources})
  target_link_libraries(roost_${name} PUBLIC roost_options ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
endfunction()

# roost_test(NAME LABEL label SOURCES file... DEPS lib... [TIMEOUT seconds] [SERIAL])
#   a GoogleTest program; each of its cases is a ctest test with that label.
function(roost_test name)
  cmake_parse_arguments(arg "SERIAL" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE roost_options ${arg_DEPS} GTest::gmock GTest::gtest_main)
  set(properties LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
