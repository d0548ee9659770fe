# A source that was compiled before, here or in another checkout, is taken from ccache. All that it
# needs to know is set here, so that the configuration of the person who builds plays no part;
# CCACHE_DIR and CCACHE_MAXSIZE (5 GB unless set) remain theirs.
file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the checkout are made relative, and where it lies is not part of the question
  # (BASEDIR, NOHASHDIR; DEPEND would leave the paths as they are). Headers are compared by their
  # text, since those of a new checkout are new, and nothing of ours uses __TIME__ or a macro that
  # changes what a precompiled header means (pch_defines). The headers of base/ are part of every
  # question (EXTRAFILES): a precompiled header remembers their bytes, and ccache alone would take
  # one from before a change of a comment.
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/base/*.h)
  list(JOIN headers ":" headers)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_NODEPEND=1
      CCACHE_EXTRAFILES=${headers}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
# __FILE__ is src/..., wherever the checkout lies and whether ccache has made it relative or not.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${up}=)
