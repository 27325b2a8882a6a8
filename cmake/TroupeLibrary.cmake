# troupe_library(<folder> [USES <folder>...] [LIBRARIES <target>...] [PUBLIC_LIBRARIES <target>...])
#
# One folder of src/troupe is one static library `troupe_<folder>` (alias `troupe::<folder>`) made of its *.cpp files,
# and one test program `<folder>_test` made of its *.test.cpp files. LIBRARIES are outside libraries that the folder's
# sources alone need, PUBLIC_LIBRARIES those that its headers need. A folder without sources is an interface library.
function(troupe_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LIBRARIES;PUBLIC_LIBRARIES")
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "\\.test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "\\.test\\.cpp$")

  set(target troupe_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${arg_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(troupe::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_23)
  target_link_libraries(${target} ${scope} ${arg_PUBLIC_LIBRARIES})
  foreach(used IN LISTS arg_USES)
    if(NOT TARGET troupe_${used})
      message(FATAL_ERROR "layer '${name}' uses '${used}', which is not above it in the list of layers")
    endif()
    target_link_libraries(${target} ${scope} troupe_${used})
  endforeach()

  # The public headers are a file set: installed as they are, and each compiled alone by `headers_alone`.
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.hpp)
  if(name MATCHES "^(runtime|gateway)$")
    list(FILTER headers EXCLUDE REGEX "_impl\\.hpp$|/detail/")
  endif()
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  install(TARGETS ${target} EXPORT troupe FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

  if(tests)
    troupe_test(${name}_test SOURCES ${tests} LIBRARIES ${target} ${arg_LIBRARIES} PREFIX ${name})
  endif()
endfunction()

# troupe_test(<program> SOURCES <pattern>... [LIBRARIES <target>...] [PREFIX <name>] [LABELS <label>...] [TIMEOUT <seconds>])
#
# A GoogleTest program whose test cases are ctest tests `<prefix>.<suite>.<case>`. The label is `unit` unless given (the
# others are `system`, `browser`, and `slow` beside one of them); PREFIX is the program's name unless given. SOURCES are file
# names or globs; without any such file there is no program.
function(troupe_test program)
  if(NOT TROUPE_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PREFIX;TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  foreach(default IN ITEMS "PREFIX ${program}" "TIMEOUT 120" "LABELS unit")
    string(REPLACE " " ";" default "${default}")
    list(POP_FRONT default key)
    if(NOT arg_${key})
      set(arg_${key} ${default})
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${arg_SOURCES})
  if(NOT sources)
    return()
  endif()
  add_executable(${program} ${sources})
  if("unit" IN_LIST arg_LABELS)
    if(NOT TARGET unit_tests)
      add_custom_target(unit_tests)
    endif()
    add_dependencies(unit_tests ${program})
  endif()
  target_link_libraries(${program} PRIVATE ${arg_LIBRARIES} GTest::gtest_main GTest::gmock)
  if(TROUPE_PCH)
    target_precompile_headers(${program} REUSE_FROM troupe_test_pch)
  endif()
  gtest_discover_tests(${program} TEST_PREFIX "${arg_PREFIX}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT})
  # gtest_discover_tests cannot pass on a list such as "unit;slow", so ctest sets the labels when it knows the tests.
  set(labels ${CMAKE_CURRENT_BINARY_DIR}/${program}_labels.cmake)
  file(CONFIGURE OUTPUT ${labels} @ONLY CONTENT [[
if(@program@_TESTS)
  set_tests_properties(${@program@_TESTS} PROPERTIES LABELS "@arg_LABELS@")
endif()
]])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels})
endfunction()

# troupe_use_mimalloc(<executable>): malloc and operator new come from mimalloc; a sanitizer needs its own.
function(troupe_use_mimalloc executable)
  if(NOT TROUPE_SANITIZE)
    target_link_libraries(${executable} PRIVATE mimalloc)
  endif()
endfunction()

# What nearly every test parses, parsed once.
if(TROUPE_BUILD_TESTS AND TROUPE_PCH)
  file(WRITE ${PROJECT_BINARY_DIR}/test_pch.cpp.new "")
  file(COPY_FILE ${PROJECT_BINARY_DIR}/test_pch.cpp.new ${PROJECT_BINARY_DIR}/test_pch.cpp ONLY_IF_DIFFERENT)
  add_library(troupe_test_pch OBJECT ${PROJECT_BINARY_DIR}/test_pch.cpp)
  target_link_libraries(troupe_test_pch PRIVATE GTest::gtest_main GTest::gmock)
  target_precompile_headers(troupe_test_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h> <boost/pfr.hpp> <chrono> <deque>
                            <functional> <map> <memory> <optional> <set> <string> <vector>)
endif()
