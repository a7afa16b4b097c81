# LibTorch from AM_TORCH_DIR, the project's own .deps/python, or the active Python, in this order.
if(AM_TORCH_DIR)
  list(APPEND CMAKE_PREFIX_PATH ${AM_TORCH_DIR} ${AM_TORCH_DIR}/share/cmake)
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
  list(APPEND CMAKE_PREFIX_PATH ${AM_TORCH_PREFIX})
endif()
find_package(Torch 2.11 REQUIRED)

# The torch wheel carries headers of another fmt than the one we link: ours must be found first.
find_path(AM_FMT_INCLUDE fmt/format.h NO_CMAKE_PATH PATHS /usr/include REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include_first)
file(CREATE_LINK ${AM_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/include_first/fmt SYMBOLIC)

# System include paths, so that LibTorch's headers are exempt from our warnings.
add_library(am_torch INTERFACE)
target_include_directories(am_torch SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/include_first ${TORCH_INCLUDE_DIRS})
target_link_libraries(am_torch INTERFACE ${TORCH_LIBRARIES})
separate_arguments(AM_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(am_torch INTERFACE ${AM_TORCH_FLAGS})

# LibTorch's threads are OpenMP's. Its own copy of the runtime is taken where it has one: two would be two pools of threads.
find_package(OpenMP REQUIRED COMPONENTS CXX)
file(GLOB AM_OPENMP_LIBRARY ${TORCH_INSTALL_PREFIX}/lib/libgomp*.so*)
if(NOT AM_OPENMP_LIBRARY)
  set(AM_OPENMP_LIBRARY ${OpenMP_CXX_LIBRARIES})
endif()
