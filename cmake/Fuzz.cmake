# tests/<module>/fuzz/*_fuzz.cpp: one program per target (with -DAM_FUZZ=ON). With clang they are libFuzzer's, with
# other compilers a plain driver changes the corpus at random. Both take the same arguments; see cmake/fuzz_driver.cpp.
#
#   cmake --preset fuzz && ninja -C build/fuzz tokenizer_json_fuzz
#   build/fuzz/bin/tokenizer_json_fuzz -max_total_time=600 tests/text/fuzz/corpus/tokenizer_json
#
# Those of modules that need LibTorch (gguf_fuzz, safetensors_fuzz): cmake --preset fuzz -DAM_TORCH=ON; libomp-19-dev

function(am_fuzzers name)
  file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/fuzz/*_fuzz.cpp)
  foreach(source ${targets})
    cmake_path(GET source STEM target)
    if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
      add_executable(${target} ${source})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
      add_executable(${target} ${source} ${CMAKE_SOURCE_DIR}/cmake/fuzz_driver.cpp)
    endif()
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE am_${name} am_options)
  endforeach()
endfunction()
