# The outside libraries, as Debian 12 packages them (tools/install_packages.sh installs them). Those of the list are also found
# by find_package(troupe), in cmake/troupeConfig.cmake.in: a static library needs its private dependencies too.
set(TROUPE_DEPENDENCIES "Threads" "Boost 1.81 CONFIG" "nlohmann_json" "fmt" "spdlog" "OpenSSL" "RocksDB" "prometheus-cpp"
    "tomlplusplus" "PostgreSQL")
foreach(dependency IN LISTS TROUPE_DEPENDENCIES)
  string(REPLACE " " ";" arguments ${dependency})
  find_package(${arguments} REQUIRED)
endforeach()

find_package(CLI11 REQUIRED)
find_package(mimalloc REQUIRED)
if(TROUPE_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  include(GoogleTest)
endif()
