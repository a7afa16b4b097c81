# LibTorch from AM_TORCH_DIR, the project's own .deps/python, or the active Python, in this order.
if(AM_TORCH_DIR)
  set(AM_TORCH_PREFIX ${AM_TORCH_DIR})
else()
  set(AM_PYTHON ${CMAKE_SOURCE_DIR}/.deps/python/bin/python)
  if(NOT EXISTS ${AM_PYTHON})
    find_program(AM_PYTHON NAMES python3 REQUIRED)
  endif()
  execute_process(COMMAND ${AM_PYTHON} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                  ERROR_QUIET OUTPUT_VARIABLE AM_TORCH_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE AM_TORCH_RESULT)
  if(NOT AM_TORCH_RESULT EQUAL 0)
    message(FATAL_ERROR "No LibTorch: ${AM_PYTHON} has no torch. Run ./automodel once to install it into .deps, "
                        "or pass -DAM_TORCH_DIR=FOLDER of LibTorch or of the torch package.")
  endif()
endif()

# Its headers and libraries are named here: its own CMake package wants the whole CUDA toolkit for a LibTorch with CUDA,
# which nothing of ours is compiled with and few who have such a torch have.
set(AM_TORCH_LIB ${AM_TORCH_PREFIX}/lib)
set(AM_TORCH_VERSION_HEADER ${AM_TORCH_PREFIX}/include/torch/headeronly/version.h)
if(NOT EXISTS ${AM_TORCH_LIB}/libtorch_cpu.so OR NOT EXISTS ${AM_TORCH_VERSION_HEADER})
  message(FATAL_ERROR "${AM_TORCH_PREFIX} holds no LibTorch of at least 2.11: lib/libtorch_cpu.so and "
                      "include/torch/headeronly/version.h are expected")
endif()
file(STRINGS ${AM_TORCH_VERSION_HEADER} AM_TORCH_VERSION REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
list(TRANSFORM AM_TORCH_VERSION REPLACE "[^0-9]" "")
list(JOIN AM_TORCH_VERSION "." AM_TORCH_VERSION)
if(AM_TORCH_VERSION VERSION_LESS 2.11)
  message(FATAL_ERROR "LibTorch in ${AM_TORCH_PREFIX} is ${AM_TORCH_VERSION}; at least 2.11 is needed")
endif()

# The torch wheel carries headers of another fmt than the one we link: ours must be found first.
find_path(AM_FMT_INCLUDE fmt/format.h NO_CMAKE_PATH PATHS /usr/include REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include_first)
file(CREATE_LINK ${AM_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/include_first/fmt SYMBOLIC)

# System include paths, so that LibTorch's headers are exempt from our warnings.
add_library(am_torch INTERFACE)
target_include_directories(am_torch SYSTEM INTERFACE
  ${CMAKE_BINARY_DIR}/include_first ${AM_TORCH_PREFIX}/include ${AM_TORCH_PREFIX}/include/torch/csrc/api/include)
target_compile_definitions(am_torch INTERFACE USE_C10D_GLOO USE_DISTRIBUTED USE_RPC USE_TENSORPIPE)  # as it was built
target_link_libraries(am_torch INTERFACE ${AM_TORCH_LIB}/libtorch_cpu.so ${AM_TORCH_LIB}/libc10.so)
if(EXISTS ${AM_TORCH_LIB}/libtorch_cuda.so)  # its kernels register themselves: no symbol of it is asked for
  target_link_libraries(am_torch INTERFACE
    "-Wl,--push-state,--no-as-needed,${AM_TORCH_LIB}/libtorch_cuda.so,--pop-state" -Wl,--allow-shlib-undefined)
endif()

# LibTorch's threads are OpenMP's. Its own copy of the runtime is taken where it has one: two would be two pools of threads.
find_package(OpenMP REQUIRED COMPONENTS CXX)
file(GLOB AM_OPENMP_LIBRARY ${AM_TORCH_LIB}/libgomp*.so*)
if(NOT AM_OPENMP_LIBRARY)
  set(AM_OPENMP_LIBRARY ${OpenMP_CXX_LIBRARIES})
elseif(CMAKE_CXX_COMPILER_ID MATCHES Clang)  # the fuzz targets: clang's code calls a runtime of its own
  list(APPEND AM_OPENMP_LIBRARY ${OpenMP_CXX_LIBRARIES})
endif()
