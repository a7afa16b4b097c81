# src/ops/cpu/kernels/*.cpp, compiled once per instruction set: AM_ISA is the set's name and namespace. Their objects hold
# nothing but what is in that namespace (tests/ops/cpu/kernels_test.cpp), so that no instruction leaks into shared code.
set(AM_ISA_FLAGS_avx2 -mavx2 -mfma)
set(AM_ISA_FLAGS_avx512 ${AM_ISA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
set(AM_ISA_FLAGS_avx512_bf16 ${AM_ISA_FLAGS_avx512} -mavx512bf16)

set(AM_ISA_FLAGS_amx_bf16 ${AM_ISA_FLAGS_avx512_bf16} -mamx-tile -mamx-bf16)

# Objects of all kernels, in a namespace.
function(am_kernels_of namespace)
  file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/ops/cpu/kernels/*.cpp)
  add_library(am_kernels_${namespace} OBJECT ${kernels})
  target_include_directories(am_kernels_${namespace} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(am_kernels_${namespace} PRIVATE AM_ISA=${namespace})
  # GCC 12 takes its own headers' undefined registers for a mistake (its bug 105593).
  target_compile_options(am_kernels_${namespace} PRIVATE ${ARGN} -O3 -fno-exceptions -Wno-uninitialized
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_libraries(am_kernels_${namespace} PRIVATE am_options)
  set_target_properties(am_kernels_${namespace} PROPERTIES UNITY_BUILD OFF)  # each defines macros of its own
endfunction()

# For the tests of ops: kernels whose tiles (AMX) are computed one by one.
function(am_emulate_tiles target)
  am_kernels_of(emulated_tiles ${AM_ISA_FLAGS_avx512_bf16} -D__AMX_BF16__
                "SHELL:-include \"${CMAKE_SOURCE_DIR}/tests/ops/cpu/emulated_tiles.h\"")
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:am_kernels_emulated_tiles>)
  target_compile_definitions(${target} PRIVATE AM_EMULATED_TILES)
endfunction()

# Removes the kernels from the list of sources and adds their objects, or what stands in for them.
function(am_kernels variable)
  set(sources ${${variable}})
  list(FILTER sources EXCLUDE REGEX "/ops/cpu/(kernels|tables)/")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    foreach(isa avx2 avx512 avx512_bf16 amx_bf16)
      am_kernels_of(${isa} ${AM_ISA_FLAGS_${isa}})
      list(APPEND sources $<TARGET_OBJECTS:am_kernels_${isa}>)
      string(APPEND objects "$<JOIN:$<TARGET_OBJECTS:am_kernels_${isa}>, > ")
    endforeach()
    list(APPEND sources ${CMAKE_SOURCE_DIR}/src/ops/cpu/tables/x86.cpp)
  else()
    list(APPEND sources ${CMAKE_SOURCE_DIR}/src/ops/cpu/tables/none.cpp)
  endif()
  set(${variable} ${sources} PARENT_SCOPE)
  set(AM_KERNEL_OBJECTS "${objects}" PARENT_SCOPE)
endfunction()
