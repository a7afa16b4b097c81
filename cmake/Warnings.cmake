# Warnings, sanitizers and machine flags of our own targets; imported ones keep theirs.
add_library(am_options INTERFACE)
target_compile_options(am_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-missing-field-initializers)  # option structs have defaults: naming some fields is the style
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on "x" + std::string and the like: GCC bugs 105651 and 105329, the latter in precompiled headers.
  target_compile_options(am_options INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(am_options INTERFACE -Wno-dangling-reference)  # false alarm on find(map, "key"): GCC bug 109642
elseif(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(am_options INTERFACE -Wno-deprecated-declarations)  # libstdc++'s own stable_sort calls a deprecated function
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(am_options INTERFACE -Wno-subobject-linkage)  # takes a source that another one includes for a header
endif()
# Every compiler has new warnings, which must not keep anyone from building: errors are those of the tested ones only.
if((CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13) OR CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(am_options INTERFACE -Werror)
endif()
if(AM_SANITIZE)
  target_compile_options(am_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # false alarms in instrumented code, says GCC's manual
  target_compile_options(am_options INTERFACE -fsanitize=${AM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(am_options INTERFACE -fsanitize=${AM_SANITIZE})
endif()

find_program(AM_CCACHE ccache)
if(AM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${AM_CCACHE})
  target_compile_options(am_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(AM_MOLD mold)
if(AM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
