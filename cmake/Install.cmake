# What `cmake --install` puts where: the server, its plugins and default
# configuration, and the SDK for those who write plugins.

include(CMakePackageConfigHelpers)

set(NEXUS_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/nexus/plugins)
set(NEXUS_PLUGIN_FULL_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/nexus/plugins)
set(NEXUS_PLUGIN_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/nexus)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/NexusPlugin)

foreach(program nexusd nexusctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

get_property(plugins GLOBAL PROPERTY NEXUS_PLUGINS_plugins)
if(plugins)
  install(TARGETS ${plugins} LIBRARY DESTINATION ${NEXUS_PLUGIN_DIR})
endif()
install(FILES etc/nexus.conf OPTIONAL
  DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/nexus)

install(DIRECTORY etc/grafana etc/prometheus
  DESTINATION ${NEXUS_PLUGIN_SHARE_DIR} OPTIONAL)

install(DIRECTORY sdk/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  OPTIONAL FILES_MATCHING PATTERN "*.h")
install(TARGETS nexus_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
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
  COMPATIBILITY SameMajorVersion)
configure_file(cmake/nexus-plugin.pc.in
  ${PROJECT_BINARY_DIR}/nexus-plugin.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/NexusPluginConfig.cmake
  ${PROJECT_BINARY_DIR}/NexusPluginConfigVersion.cmake
  DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/nexus-plugin.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
