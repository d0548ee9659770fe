# authd_embed(NAME FOLDER PREFIX): makes the files of FOLDER part of authd_web as the table
# embedded_NAME(), which src/web/asset.cpp lists; FOLDER/x is served at PREFIX/x (scripts/embed).
function(authd_embed name folder prefix)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  set(out ${CMAKE_BINARY_DIR}/web/${name}.cpp)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/web)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_SOURCE_DIR}/scripts/embed ${out} ${name} ${folder} "${prefix}"
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/scripts/embed
    VERBATIM)
  target_sources(authd_web PRIVATE ${out})
endfunction()
