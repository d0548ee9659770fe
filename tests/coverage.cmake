# The folders of AUTHD_COVERAGE count which of their lines run, and scripts/coverage prints the
# shares. Only the tests below count. Every program that ends adds to the files of all sources, and a
# confined server cannot open these, so the servers of these tests are not confined
# (tests/http/harness.py).
set(COUNTED
    unit_api unit_auth unit_http unit_server
    # Quick ones that cross many folders.
    http_accounts_test http_explain_test http_front_test http_login_methods_test
    http_passkey_accounts_test http_passkeys_test http_proof_of_work_test http_provider_test
    http_provider_commands_test http_provider_logo_test http_provider_options_test
    http_session_cookie_test http_tls_test http_tokens_test)

# Of these, the ones about commands: their commands count as well as their servers.
set(COUNTED_COMMANDS http_explain_test http_provider_commands_test http_tokens_test)

if(AUTHD_COVERAGE)
  add_library(count_lines STATIC count_lines.cpp)
  target_link_options(count_lines INTERFACE --coverage LINKER:--wrap=__gcov_exit)
  # Every program links base/.
  target_link_libraries(authd_base INTERFACE count_lines)
  foreach(name ${COUNTED})
    set(what servers)
    if(name IN_LIST COUNTED_COMMANDS)
      set(what commands)
    endif()
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT COUNT_LINES=${what})
  endforeach()
endif()
