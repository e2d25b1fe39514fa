# Debian packages, by `./dev package`: nexus-server is the component Runtime,
# nexus-server-dev the component Development. What goes where is said in
# Install.cmake; here is what the packages say of themselves.

set(NEXUS_PACKAGE_RELEASE 1 CACHE STRING "Debian revision of the packages")
set(NEXUS_PACKAGE_MAINTAINER "The NEXUS authors <maintainers@nexus.invalid>"
  CACHE STRING "Whom the packages name as maintainer")
set(NEXUS_PACKAGE_DATE "Thu, 01 Jan 1970 00:00:00 +0000"
  CACHE STRING "Date in debian/changelog, as date -R has it")
set(NEXUS_PACKAGE_VERSION ${PROJECT_VERSION}-${NEXUS_PACKAGE_RELEASE})
# The server has it, and whoever packages a plugin depends on it: with >= and
# the minor version that the plugin was built with.
set(abi nexus-plugin-abi-${NEXUS_ABI_MAJOR})

# --- documents, in both packages ------------------------------------------

set(debian_dir ${PROJECT_BINARY_DIR}/debian)
configure_file(etc/debian/changelog.in ${debian_dir}/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${debian_dir}/changelog COPYONLY)
foreach(name changelog.Debian changelog)
  execute_process(COMMAND gzip -9nfk ${debian_dir}/${name}
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(package IN ITEMS nexus-server:Runtime nexus-server-dev:Development)
  string(REPLACE ":" ";" package ${package})
  list(GET package 0 name)
  list(GET package 1 component)
  install(FILES ${debian_dir}/changelog.Debian.gz ${debian_dir}/changelog.gz
      ${PROJECT_SOURCE_DIR}/etc/debian/copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endforeach()

# --- what is common -------------------------------------------------------

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nexus)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# Each package has a first line of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_CONTACT ${NEXUS_PACKAGE_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${NEXUS_PACKAGE_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${NEXUS_PACKAGE_RELEASE})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL Runtime Development)
# /etc is not below /usr.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE
  OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# --- nexus-server ---------------------------------------------------------

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME nexus-server)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION net)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
# nexus-server-dbgsym, which makes sense of a crash; it also strips this one.
set(CPACK_DEBIAN_RUNTIME_DEBUGINFO_PACKAGE ON)
# libwebsockets opens its event loop by name, which dpkg-shlibdeps cannot see.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "adduser, libwebsockets-evlib-ev")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_PROVIDES "${abi} (= ${NEXUS_ABI_VERSION})")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/etc/debian/postinst
  ${PROJECT_SOURCE_DIR}/etc/debian/prerm
  ${PROJECT_SOURCE_DIR}/etc/debian/postrm
  ${PROJECT_SOURCE_DIR}/etc/debian/conffiles)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
"WebSocket real-time server whose features are plugins
NEXUS serves chat, rooms, presence and notifications to WebSocket clients as
plain JSON, and answers back ends over HTTP. What it acknowledges is stored,
and what a client missed is sent when it comes back. Every feature is a plugin,
and all of them can be exchanged while clients are connected.
.
This package has the server, the tool of its operators (nexusctl), the plugins
store, chat, presence and notify, and a dashboard and alerts for Grafana and
Prometheus.")

# --- nexus-server-dev -----------------------------------------------------

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME nexus-server-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "${abi} (= ${NEXUS_ABI_VERSION}), libc6-dev, libcmocka-dev, libconfig-dev, libjansson-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "cmake, pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"plugins for the NEXUS real-time server - development files
NEXUS is a WebSocket real-time server whose features are plugins.
.
This package has what is needed to write one and to test it without a server:
the headers of the plugin interface, a support library, the server's own kernel
as a library for unit tests, files for CMake and pkg-config, and examples.")

include(CPack)
