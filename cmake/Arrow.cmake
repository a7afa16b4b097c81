# Arrow's own C++ out of the pyarrow wheel in AM_ARROW_DIR, else in the project's own .deps/python. Without it the modules
# that name "arrow" in src/LAYERS are not built ("none": never).
set(AM_ARROW FALSE)
set(arrow ${AM_ARROW_DIR})
if(NOT arrow)
  file(GLOB arrow ${CMAKE_SOURCE_DIR}/.deps/python/lib/python3*/site-packages/pyarrow)
endif()
file(GLOB arrow_libraries ${arrow}/libarrow.so.* ${arrow}/libparquet.so.*)
list(FILTER arrow_libraries EXCLUDE REGEX "\\.so\\.[0-9]+\\.")  # further names of the same
list(LENGTH arrow_libraries arrow_count)
if(arrow_count EQUAL 2 AND EXISTS ${arrow}/include/parquet/arrow/reader.h)
  set(AM_ARROW TRUE)
  add_library(am_arrow INTERFACE)
  target_include_directories(am_arrow SYSTEM INTERFACE ${arrow}/include)
  target_link_libraries(am_arrow INTERFACE ${arrow_libraries})
elseif(AM_ARROW_DIR AND NOT AM_ARROW_DIR STREQUAL none)
  message(FATAL_ERROR "AM_ARROW_DIR=${AM_ARROW_DIR} is not a pyarrow package: libarrow.so.N, libparquet.so.N and "
                      "include/parquet are expected in it")
else()
  message(STATUS "No pyarrow: Parquet and Arrow files will not be read")
endif()
