# The tests that a sanitizer build leaves out, and why. A sanitizer checks our machine code while it
# runs: ASan and UBSan every memory access and computation, TSan what two threads do to the same
# memory. A test is left out if nothing of that kind can happen in it that does not also happen in
# another one; the release runs every test.
#
# A test that is not named here runs. Do not name a test because it is slow.

# None of our code runs, or only code that other tests run: these test something else.
set(NOT_OUR_CODE
    # scripts, tables of texts, the compiler
    build_catalogues build_embed build_fetch build_hardening build_packages build_release
    build_structure lint_structure bench_tools compile_fail
    # JavaScript of the pages; pages_test, session_cookie_test and those of the API send the same requests
    browser_account browser_admin browser_admin_user browser_clients browser_device browser_forward_auth
    browser_layout browser_look
    browser_look_account browser_look_admin browser_look_provider browser_provider
    browser_registration browser_signing browser_webhooks
    browser_statistics browser_ways http_docs_pages_test
    # other people's OpenID clients; provider_test sends authd the same requests
    browser_oidc_client http_oidc_agent_test http_provider_judges_test
    http_provider_mod_auth_openidc_test
    # configurations of other people's proxies; verify_test and doctor_test send authd the same
    # requests
    http_proxies_test http_proxy_models_test http_forged_identity_test
    # other people's frameworks, and our module in a browser; verify_test, tokens_test and
    # session_cookie_test send the same requests
    http_examples_test browser_kit
    # rules and texts for people
    monitoring http_readme_test http_docs_blocks_test build_documents build_lock)

# Many variants of requests, to check the contents of the answers; the code behind them is what
# other tests run as well. openapi_test calls every operation of the API, the tests of attacks/ that
# remain are the ones with strange bytes and many at once, and provider_test, tokens_test and
# verify_test have each kind of credential.
set(SAME_CODE
    http_attacks_email_changes_test http_attacks_prehijacking_test http_attacks_takeovers_test
    http_account_names_test http_fresh_proof_test http_last_admin_test
    http_compat_oauthapp_codes_test http_compat_oauthapp_profile_test
    http_provider_audience_test http_provider_forms_test http_provider_rfc9700_browser_test
    http_provider_rfc9700_clients_test
    # the same faults as faults_test, syscall_faults_test and crash_test, at other places
    http_power_cut_test http_restore_faults_test
    # several processes; store_conformance has several nodes of the engine in one
    http_cluster_test http_cluster_crash_test http_cluster_history_test
    # what the system around the server does
    http_systemd_test)

# Only one thread at a time touches what the test is about; ASan runs these.
set(ONE_THREAD
    # Readers of bytes, called one input after another. (fuzz_http, fuzz_credentials and fuzz_smtp
    # have threads and stay.)
    fuzz_attestation fuzz_authenticator_data fuzz_authorization fuzz_backup fuzz_cbor
    fuzz_client_data fuzz_config fuzz_cose_key fuzz_encoding fuzz_forwarded fuzz_http_head
    fuzz_id_token fuzz_image fuzz_image_answer fuzz_import fuzz_json fuzz_jwk fuzz_jwt
    fuzz_multipart fuzz_password_hash fuzz_password_list fuzz_return_address fuzz_rows
    fuzz_sealed_text fuzz_store fuzz_user_code
    # random steps in sequence; model_races has the same steps from several threads
    model
    # Commands: processes of one thread, beside a server that has nothing to do.
    http_commands_test http_doctor_test http_explain_test http_format_test http_old_reader_test
    # Requests in sequence, to check the contents of the answers.
    http_attributes_test http_audit_test http_compat_facade_test http_compat_fastapi_test
    http_compat_oauthapp_test http_compat_secureauth_test http_openapi_test
    http_personal_data_test http_provider_basic_op_test http_provider_commands_test
    http_provider_config_op_test http_provider_configured_test http_provider_logo_test
    http_provider_logout_test http_provider_options_test http_same_json_test
    http_unknown_members_test)

set(left_out "")
if(AUTHD_SANITIZE)
  set(left_out ${NOT_OUR_CODE} ${SAME_CODE})
endif()
if(AUTHD_SANITIZE STREQUAL "thread")
  list(APPEND left_out ${ONE_THREAD})
endif()

# Targets that only such a test needs are not built; `model` has other tests.
foreach(name ${left_out})
  if(TARGET ${name} AND name MATCHES "^(fuzz|unit)_")
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endforeach()

# A name without a test would leave out nothing, unnoticed.
set(tests "")
function(collect_tests directory)
  get_property(names DIRECTORY ${directory} PROPERTY TESTS)
  list(APPEND tests ${names})
  get_property(below DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(each ${below})
    collect_tests(${each})
  endforeach()
  set(tests ${tests} PARENT_SCOPE)
endfunction()
collect_tests(${CMAKE_CURRENT_SOURCE_DIR})
foreach(name ${NOT_OUR_CODE} ${SAME_CODE} ${ONE_THREAD})
  if(NOT name IN_LIST tests AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "tests/sanitizers.cmake names ${name}, and there is no such test")
  endif()
endforeach()

foreach(row ${PARTS})
  string(REGEX REPLACE ":.*" "" name ${row})
  if(NOT name IN_LIST tests)
    message(FATAL_ERROR "tests/parts.cmake names ${name}, and there is no such test")
  endif()
endforeach()

# ctest reads this file and does not run them.
list(JOIN left_out " " left_out)
file(WRITE ${CMAKE_BINARY_DIR}/CTestCustom.cmake
     "# Written by tests/sanitizers.cmake\nset(CTEST_CUSTOM_TESTS_IGNORE ${left_out})\n")
