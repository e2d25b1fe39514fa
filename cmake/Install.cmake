# What `cmake --install` puts where: the component Runtime is the server with
# its plugins and default configuration, Development the SDK for those who
# write plugins. An SDK is found with its own version, that of the plugin ABI.

include(CMakePackageConfigHelpers)

set(NEXUS_PLUGIN_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/nexus)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/NexusPlugin)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What the server finds where nobody says otherwise.
set(NEXUS_STATE_DIR /var/lib/nexus)
set(NEXUS_CONF_FILE ${CMAKE_INSTALL_FULL_SYSCONFDIR}/nexus/nexus.conf)
# In a package, /etc is not below the prefix.
set(conf_dir ${CMAKE_INSTALL_SYSCONFDIR}/nexus)
if(NEXUS_PACKAGE)
  set(conf_dir ${CMAKE_INSTALL_FULL_SYSCONFDIR}/nexus)
endif()

file(STRINGS sdk/include/nexus/types.h abi_lines
  REGEX "^#define NX_ABI_(MAJOR|MINOR) ")
string(REGEX MATCH "MAJOR ([0-9]+)u.*MINOR ([0-9]+)u" matched "${abi_lines}")
set(NEXUS_ABI_MAJOR ${CMAKE_MATCH_1})
set(NEXUS_ABI_VERSION ${CMAKE_MATCH_1}.${CMAKE_MATCH_2})
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

# The settings as they are generated, but for where an installed server stores.
file(READ etc/nexus.conf conf)
string(REPLACE "#data_dir = \"nexus-data\"" "data_dir = \"${NEXUS_STATE_DIR}\""
  installed_conf "${conf}")
if(installed_conf STREQUAL conf)
  message(FATAL_ERROR "etc/nexus.conf has no line for data_dir")
endif()
file(CONFIGURE OUTPUT etc/nexus.conf CONTENT "${installed_conf}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS etc/nexus.conf)
install(FILES ${PROJECT_BINARY_DIR}/etc/nexus.conf DESTINATION ${conf_dir})

configure_file(etc/systemd/nexus.service.in nexus.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nexus.service
  DESTINATION lib/systemd/system)
foreach(page IN LISTS NEXUS_MAN_PAGES)
  string(REGEX REPLACE ".*\\.([0-9])\\.gz$" "man\\1" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/${section})
endforeach()
install(DIRECTORY etc/grafana etc/prometheus
  DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md ${documents}
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/nexus-server)

# --- Development ----------------------------------------------------------

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME Development)

install(DIRECTORY sdk/include/ sdk/testing/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS nexus_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${NEXUS_FAKE_HOST_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR})
# As for every library of a Debian package.
if(NEXUS_PACKAGE)
  install(CODE "
    foreach(name nexus_sdk nexus_fake_host)
      execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug
        --enable-deterministic-archives
        \"\$ENV{DESTDIR}${CMAKE_INSTALL_FULL_LIBDIR}/lib\${name}.a\"
        COMMAND_ERROR_IS_FATAL ANY)
    endforeach()")
endif()
install(FILES sdk/nexus_plugin.map DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})
install(DIRECTORY sdk/examples DESTINATION ${NEXUS_PLUGIN_SHARE_DIR})
install(FILES docs/plugins.md docs/abi.md
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/nexus-server-dev)
install(DIRECTORY docs/sdk
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/nexus-server-dev OPTIONAL)

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
