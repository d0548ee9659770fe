# The libraries as CMake targets, one per folder that may see them. third_party/README.md has the
# list with versions, licences and reasons.
find_package(Threads REQUIRED)

if(NOT AUTHD_DEPS)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env CXX=${CMAKE_CXX_COMPILER} ${CMAKE_CURRENT_LIST_DIR}/fetch
    OUTPUT_VARIABLE AUTHD_DEPS OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE fetch_failed)
  if(fetch_failed)
    message(FATAL_ERROR "third_party/fetch failed, see the line above")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               ${CMAKE_CURRENT_LIST_DIR}/versions.lock ${CMAKE_CURRENT_LIST_DIR}/fetch)
endif()

if(NOT AUTHD_WORDS)
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/fetch words
    OUTPUT_VARIABLE AUTHD_WORDS OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE fetch_failed)
  if(fetch_failed)
    message(FATAL_ERROR "third_party/fetch words failed, see the line above")
  endif()
endif()

function(static_library variable name)
  find_library(${variable} NAMES lib${name}.a REQUIRED)
endfunction()

static_library(LIB_LMDB lmdb)
# LMDB waits for the locks of other processes without an end. These two calls of it go to
# src/store/lmdb/lock_waits.cpp instead, which waits with one.
set(LMDB_WITH_OUR_WAITS ${CMAKE_BINARY_DIR}/third_party/liblmdb.a)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/third_party)
execute_process(
  COMMAND ${CMAKE_OBJCOPY} --redefine-sym pthread_mutex_lock=authd_lmdb_lock
          --redefine-sym fcntl=authd_lmdb_fcntl ${LIB_LMDB} ${LMDB_WITH_OUR_WAITS}
  COMMAND_ERROR_IS_FATAL ANY)
static_library(LIB_SSL ssl)
static_library(LIB_CRYPTO crypto)
static_library(LIB_SODIUM sodium)
static_library(LIB_CRYPT crypt)
static_library(LIB_QRCODEGEN qrcodegencpp)
static_library(LIB_JPEG jpeg)
static_library(LIB_PNG png16)
static_library(LIB_GIF gif)
static_library(LIB_Z z)

add_library(deps_base INTERFACE)
target_include_directories(deps_base SYSTEM INTERFACE ${AUTHD_DEPS}/include)
target_compile_definitions(deps_base INTERFACE FMT_HEADER_ONLY SPDLOG_FMT_EXTERNAL)
target_link_libraries(deps_base INTERFACE ${AUTHD_DEPS}/lib/libsimdjson.a Threads::Threads)

add_library(deps_crypto INTERFACE)
target_link_libraries(deps_crypto INTERFACE ${LIB_CRYPTO} ${LIB_SODIUM} ${LIB_CRYPT})

add_library(deps_config INTERFACE)

add_library(deps_store INTERFACE)
target_link_libraries(deps_store INTERFACE ${LMDB_WITH_OUR_WAITS} ${AUTHD_DEPS}/lib/libpq.a
                      ${AUTHD_DEPS}/lib/libpgcommon_shlib.a ${AUTHD_DEPS}/lib/libpgport_shlib.a
                      ${LIB_SSL} ${LIB_CRYPTO})

add_library(deps_http INTERFACE)
target_link_libraries(deps_http INTERFACE ${LIB_SSL} ${LIB_CRYPTO})

add_library(deps_web INTERFACE)
target_link_libraries(deps_web INTERFACE ${LIB_Z})

add_library(deps_mail INTERFACE)
target_link_libraries(deps_mail INTERFACE ${AUTHD_DEPS}/lib/libcurl.a ${LIB_SSL} ${LIB_CRYPTO})

add_library(deps_fetch INTERFACE)
target_link_libraries(deps_fetch INTERFACE ${AUTHD_DEPS}/lib/libcurl.a ${LIB_SSL} ${LIB_CRYPTO})

add_library(deps_media INTERFACE)
target_link_libraries(deps_media INTERFACE ${LIB_JPEG} ${LIB_PNG} ${LIB_Z} ${LIB_GIF} m)

add_library(deps_api INTERFACE)
target_link_libraries(deps_api INTERFACE ${LIB_QRCODEGEN})

add_library(deps_auth INTERFACE)
target_link_libraries(deps_auth INTERFACE ${AUTHD_DEPS}/lib/libzxcvbn.a)

add_library(deps_cli INTERFACE)
