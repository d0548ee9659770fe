# The longest tests of Python run in parts, which can run at the same time: NAME of the test, and how
# many. The first part keeps the name, the others are NAME_2 and so on. Sanitizers run few of these,
# and know them by their names.
set(PARTS
    browser_account:2 browser_admin:2 browser_clients:2 browser_languages:2 browser_look_admin:2
    browser_look_provider:2 browser_passkeys:2 browser_provider:2 browser_ways:2 build_fetch:3
    http_attacks_prehijacking_test:2 http_backchannel_logout_test:2 http_bulk_test:2
    http_cluster_test:3 http_command_line_test:2 http_docs_blocks_test:2 http_docs_pages_test:2
    http_doctor_test:2 http_examples_test:4 http_forged_identity_test:2 http_held_store_test:2
    http_hostile_provider_test:2 http_import_test:2 http_invitation_list_test:2 http_mail_test:2
    http_restore_faults_test:5)

# So many browsers at once, since a page that is drawn keeps a core busy. The other tests mostly wait:
# for a server, a disk, each other.
cmake_host_system_information(RESULT browsers_at_once QUERY NUMBER_OF_LOGICAL_CORES)
set(browser_count 0)

function(authd_parts name result)
  set(${result} 1 PARENT_SCOPE)
  foreach(row IN LISTS PARTS)
    if(row MATCHES "^${name}:([0-9]+)$" AND NOT AUTHD_SANITIZE AND NOT AUTHD_COVERAGE)
      set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

macro(authd_name_part test)
  set(part_name ${test})
  if(part GREATER 1)
    set(part_name ${test}_${part})
  endif()
endmacro()

# Tests in Python, with their environment (ARGN).
function(authd_python_test name file)
  authd_parts(${name} parts)
  foreach(part RANGE 1 ${parts})
    authd_name_part(${name})
    set(program ${file})
    if(parts GREATER 1)
      set(program ${CMAKE_SOURCE_DIR}/tests/part.py ${part}/${parts} ${file})
    endif()
    add_test(NAME ${part_name} COMMAND python3 -W ignore ${program})
    set_tests_properties(${part_name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${ARGN}")
    if(parts GREATER 1)
      set_tests_properties(${part_name} PROPERTIES COST 40)
    endif()
  endforeach()
endfunction()

# Flows in a browser, by this command (ARGN).
function(authd_browser_test name)
  authd_parts(${name} parts)
  foreach(part RANGE 1 ${parts})
    authd_name_part(${name})
    add_test(NAME ${part_name} COMMAND python3 -W ignore ${ARGN}
             WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/browser)
    math(EXPR lane "${browser_count} % ${browsers_at_once}")
    math(EXPR browser_count "${browser_count} + 1")
    set_tests_properties(${part_name} PROPERTIES TIMEOUT 600 COST 50 RESOURCE_LOCK browser_${lane}
                         ENVIRONMENT "TEST_BINARY=$<TARGET_FILE:authd>;PART=${part}/${parts}")
  endforeach()
  set(browser_count ${browser_count} PARENT_SCOPE)
endfunction()
