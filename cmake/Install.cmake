# What `cmake --install` puts where: the component Runtime is the server with
# its plugins and default configuration, Development the SDK for those who
# write plugins. An SDK is found with its own version, that of the plugin ABI.

include(CMakePackageConfigHelpers)

set(NEXUS_PLUGIN_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/nexus)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/NexusPlugin)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(STRINGS sdk/include/nexus/types.h abi_lines
  REGEX "^#define NX_ABI_(MAJOR|MINOR) ")
string(REGEX REPLACE ".*MAJOR ([0-9]+)u.*MINOR ([0-9]+)u.*" "\\1.\\2"
  NEXUS_ABI_VERSION "${abi_lines}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  sdk/include/nexus/types.h)

# --- Runtime --------------------------------------------------------------

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME Runtime)

foreach(program nexusd nexusctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

get_property(plugins GLOBAL PROPERTY NEXUS_PLUGINS_plugins)
if(plugins)
  install(TARGETS ${plugins} LIBRARY DESTINATION ${NEXUS_PLUGIN_DIR})
endif()
install(FILES etc/nexus.conf DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/nexus)
foreach(page IN LISTS NEXUS_MAN_PAGES)
  string(REGEX REPLACE ".*\\.([0-9])\\.gz$" "man\\1" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/${section})
endforeach()
install(DIRECTORY etc/grafana etc/prometheus
  DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})

# --- Development ----------------------------------------------------------

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME Development)

install(DIRECTORY sdk/include/ sdk/testing/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS nexus_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${NEXUS_FAKE_HOST_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES sdk/nexus_plugin.map DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})
install(DIRECTORY sdk/examples DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})

configure_package_config_file(cmake/NexusPluginConfig.cmake.in
  ${PROJECT_BINARY_DIR}/NexusPluginConfig.cmake
  INSTALL_DESTINATION ${package_dir}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR
    NEXUS_PLUGIN_SHARE_DIR NEXUS_PLUGIN_DIR)
# Minor versions only add to the ABI.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/NexusPluginConfigVersion.cmake
  VERSION ${NEXUS_ABI_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES cmake/NexusPluginFunctions.cmake
  ${PROJECT_BINARY_DIR}/NexusPluginConfig.cmake
  ${PROJECT_BINARY_DIR}/NexusPluginConfigVersion.cmake
  DESTINATION ${package_dir})

# nexus_pkgconfig_path(<variable> <folder>)
# A folder as a pkg-config file names it, wherever the prefix is moved.
function(nexus_pkgconfig_path variable folder)
  if(IS_ABSOLUTE ${folder})
    set(${variable} ${folder} PARENT_SCOPE)
  else()
    set(${variable} "\${prefix}/${folder}" PARENT_SCOPE)
  endif()
endfunction()

nexus_pkgconfig_path(PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
nexus_pkgconfig_path(PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
nexus_pkgconfig_path(PC_PLUGINDIR ${NEXUS_PLUGIN_DIR})
nexus_pkgconfig_path(PC_SHAREDIR ${NEXUS_PLUGIN_SHARE_DIR})
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(PC_PREFIX ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH PC_PREFIX /${pkgconfig_dir} /)
  string(REGEX REPLACE "/$" "" PC_PREFIX "\${pcfiledir}/${PC_PREFIX}")
endif()
foreach(name nexus-plugin nexus-plugin-testing)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig_dir})
endforeach()
