# Sources that are compiled together, as one, parse what they include once: a quarter of the time under
# the sanitizers (14 sources of api/: 15 s instead of 65 s). scripts/unity-groups looks for sources in
# which no word means something else then.
#
# The groups are made when cmake runs; make runs it again when two sources of a group no longer fit. If
# a name is "redefined" or "ambiguous" all the same, give the source SKIP_UNITY_BUILD_INCLUSION.
#
# The operators new and delete must not be inlined into what uses them: g++ 12 takes malloc and free
# for a pair that does not match then.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/base/freed_memory.cpp PROPERTIES
                            SKIP_UNITY_BUILD_INCLUSION ON)
set(AUTHD_UNITY "" CACHE STRING "compile together: tests, all, or nothing")

# Of TARGET, those of SOURCES (ARGN) that fit together.
function(authd_unity target)
  if(NOT AUTHD_UNITY)
    return()
  endif()
  set(finder ${CMAKE_SOURCE_DIR}/scripts/unity-groups)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${finder})
  execute_process(COMMAND ${finder} ${ARGN} OUTPUT_VARIABLE rows COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${CMAKE_BINARY_DIR}/unity/${target} "${rows}")
  string(REPLACE "\n" ";" rows "${rows}")
  foreach(row IN LISTS rows)
    if(row MATCHES "^([0-9]+):(.+)$")
      set_source_files_properties(${CMAKE_MATCH_2} PROPERTIES UNITY_GROUP ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
