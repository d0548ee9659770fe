# Headers that are parsed once per build and not once per source: without this they take most of the
# time of a build. A source still includes what it uses; make fuzz, where clang builds src/ without
# precompiled headers, finds a missing #include.
#
# Of our own headers only those of base/ are here. Every folder may include them, and they seldom
# change. More headers gain nothing (measured: 3 % for auth/core/services.h) and rebuild more often.
set(AUTHD_PRECOMPILED
    <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <cstring>
    <deque> <expected> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <sstream> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
    <base/encoding.h> <base/json_writer.h> <base/log.h> <base/random.h> <base/result.h>
    <base/secret.h> <base/time.h>)

# clang builds little (make fuzz), and ccache cannot keep its precompiled headers.
set(AUTHD_PRECOMPILE OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(AUTHD_PRECOMPILE ON)
endif()

# g++ 12 inlines differently with precompiled headers, and then reports array bounds and lengths that
# are not there. The release keeps these warnings as errors, and compiles the sources where they are
# wrong without a precompiled header; one that compiles without it belongs into the list.
if(AUTHD_PRECOMPILE AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow)
elseif(AUTHD_PRECOMPILE)
  foreach(name crypto/sealed_stream crypto/secret_box http/wire/body server/doctor/public_url web/gzip)
    set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.cpp PROPERTIES
                                SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endif()

# TARGET gets a precompiled header of its own, with more headers (ARGN).
function(authd_precompile target)
  if(AUTHD_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${AUTHD_PRECOMPILED} ${ARGN})
    # ccache asks for it.
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()

# TARGET uses the precompiled header of OTHER, which must have the same flags.
function(authd_precompiled_by other target)
  if(AUTHD_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${other})
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()

# The code of the tests themselves is not optimized, nor do they need UBSan: they are half of a build,
# and what they test is in src/.
function(authd_unoptimized target)
  target_compile_options(${target} PRIVATE -O0 -U_FORTIFY_SOURCE)
  if(AUTHD_SANITIZE STREQUAL "address")
    target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
  endif()
endfunction()
