# What `cmake --install` adds to the libraries and headers of cmake/TroupeLibrary.cmake, so that a program elsewhere says
# find_package(troupe) and links troupe::node. tests/package/ is such a program.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/troupe)
list(TRANSFORM TROUPE_DEPENDENCIES REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE TROUPE_DEPENDENCY_ITEMS)
list(JOIN TROUPE_DEPENDENCY_ITEMS " " TROUPE_DEPENDENCY_ITEMS)
configure_package_config_file(cmake/troupeConfig.cmake.in ${PROJECT_BINARY_DIR}/troupeConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/troupeConfig.cmake ${PROJECT_BINARY_DIR}/troupeConfigVersion.cmake
        DESTINATION ${package_folder})
install(EXPORT troupe NAMESPACE troupe:: FILE troupeTargets.cmake DESTINATION ${package_folder})
