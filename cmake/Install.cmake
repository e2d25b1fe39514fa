set(plugin_dir ${CMAKE_INSTALL_LIBDIR}/nexus/plugins)

foreach(program nexusd nexusctl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

get_property(plugins GLOBAL PROPERTY NEXUS_PLUGINS_plugins)
if(plugins)
  install(TARGETS ${plugins} LIBRARY DESTINATION ${plugin_dir})
endif()

install(DIRECTORY sdk/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  OPTIONAL FILES_MATCHING PATTERN "*.h")
install(FILES etc/nexus.conf OPTIONAL
  DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/nexus)
