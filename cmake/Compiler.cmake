# How every target of the tree is compiled and linked. Outside headers are system headers, so the warnings are ours.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options(-Wall -Wextra -Wconversion -fno-omit-frame-pointer -fdiagnostics-color)
add_compile_options(-Wno-missing-field-initializers)  # Options structs are filled by designated fields; the rest has defaults.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
  add_compile_options(-Wno-unused-const-variable)  # A test's own message has a wire_name, and may never be sent away.
else()
  # After inlining, g++ 12 sees overlaps and overruns in std::string and std::expected that are not there (GCC PR105651 and
  # its kin). The sanitizers of preset `asan` look for the real ones.
  add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()
if(TROUPE_WERROR)
  add_compile_options(-Werror)
endif()

if(TROUPE_SANITIZE)
  add_compile_options(-fsanitize=${TROUPE_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${TROUPE_SANITIZE})
endif()

find_program(TROUPE_CCACHE ccache)
if(TROUPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${TROUPE_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# Debian's lld-19 leaves no `ld.lld` on the PATH; -B lets both compilers find it where it is.
find_program(TROUPE_LLD ld.lld PATHS /usr/lib/llvm-19/bin)
if(TROUPE_LLD)
  cmake_path(GET TROUPE_LLD PARENT_PATH lld_folder)
  add_link_options(-fuse-ld=lld -B${lld_folder})
endif()
