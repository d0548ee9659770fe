# One library per folder. The list of what it links is the table of arrows (src/README.md): a folder
# that includes from a floor above its own does not link, and scripts/arrows says so before.
function(authd_folder name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    add_library(authd_${name} INTERFACE)
    target_link_libraries(authd_${name} INTERFACE ${ARGN})
    return()
  endif()
  add_library(authd_${name} STATIC ${sources})
  target_include_directories(authd_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(authd_${name} PUBLIC ${ARGN})
endfunction()

authd_folder(base deps_base)
authd_folder(crypto authd_base deps_crypto)
# src/crypto/argon2_memory.h; --undefined, since a program that hashes no password may need libsodium
# all the same.
target_link_options(authd_crypto INTERFACE LINKER:--wrap=mmap,--wrap=munmap,--undefined=__wrap_mmap)
authd_folder(config authd_base deps_config)
authd_folder(store authd_base deps_store)
# src/store/lmdb/lock_waits.h; for a program that needs LMDB and nothing else of that file.
target_link_options(authd_store INTERFACE LINKER:--undefined=authd_lmdb_lock)
authd_folder(fetch authd_base deps_fetch)
authd_folder(media authd_base deps_media)
authd_folder(tables authd_store authd_base)
authd_folder(http authd_config authd_base deps_http)
authd_folder(web authd_http authd_base deps_web)
authd_folder(mail authd_tables authd_store authd_config authd_base deps_mail)
authd_folder(auth authd_tables authd_store authd_crypto authd_config authd_fetch authd_media authd_base
             deps_auth)
authd_folder(api authd_auth authd_http authd_web authd_tables authd_store authd_config authd_base
             deps_api)
authd_folder(server authd_api authd_auth authd_mail authd_http authd_tables authd_store authd_crypto
             authd_config authd_fetch authd_media authd_base)
authd_folder(cli authd_server authd_media deps_cli)

# What is part of the executable besides code; src/web/asset.h says how to add a folder.
include(${CMAKE_CURRENT_LIST_DIR}/web/embed.cmake)
authd_embed(pages ${CMAKE_CURRENT_LIST_DIR}/web/pages /ui)
authd_embed(openapi ${CMAKE_CURRENT_LIST_DIR}/api/openapi /openapi)
authd_embed(docs ${CMAKE_CURRENT_LIST_DIR}/web/docs /docs)
authd_embed(docs_library ${AUTHD_DEPS}/docs /docs)
authd_embed(redoc ${CMAKE_CURRENT_LIST_DIR}/web/redoc /redoc)
authd_embed(redoc_library ${AUTHD_DEPS}/redoc /redoc)
authd_embed(shell ${CMAKE_CURRENT_LIST_DIR}/web/shell "")

# Templates of the option parser; nothing there runs often.
target_compile_options(authd_cli PRIVATE $<$<CONFIG:Release>:-Os>)

# g++ 12 takes the regular expressions of httplib.h for uninitialised under the sanitizers.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/http/gateway.cpp PROPERTIES
                            COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>")
