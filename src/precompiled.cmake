# The headers that are parsed once and not once per source: most of the time of a build was spent in
# them. A source still includes what it uses; scripts/tidy compiles without this, so that a missing
# line is found by `make lint`.
#
# Our own headers are only those of base/, which every folder may see and which change seldom. More
# of them gains nothing (measured: 3 % for auth/services.h) and rebuilds everything more often.
set(AUTHD_PRECOMPILED
    <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <cstring>
    <deque> <expected> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <sstream> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
    <base/encoding.h> <base/json_writer.h> <base/log.h> <base/random.h> <base/result.h>
    <base/secret.h> <base/time.h>)

# Only g++ does it: what clang builds is small (make fuzz), and ccache cannot keep clang's.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()
# The warnings hold for our own headers, also from here.
set(CMAKE_PCH_PROLOGUE "")

# TARGET has its own, with more headers.
function(authd_precompile target)
  target_precompile_headers(${target} PRIVATE ${AUTHD_PRECOMPILED} ${ARGN})
endfunction()

# TARGET takes the one of OTHER, which has the same flags.
function(authd_precompiled_by other target)
  target_precompile_headers(${target} REUSE_FROM ${other})
endfunction()
