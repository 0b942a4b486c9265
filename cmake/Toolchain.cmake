# One place for the language level, the warnings and the sanitizers of every user-space target.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(KEYLINE_CCACHE ccache)
if(KEYLINE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${KEYLINE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${KEYLINE_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees uninitialised members where libstdc++ copies a braced list of structs; the sanitizers look for real ones.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 offers std::expected only to a compiler that claims the concepts of C++20 in full; clang 16
  # implements what <expected> needs and claims 201907.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Wno-builtin-macro-redefined -U__cpp_concepts -D__cpp_concepts=202002L>")
endif()

option(KEYLINE_SANITIZE "Build with AddressSanitizer, UndefinedBehaviorSanitizer and libFuzzer targets (clang only)" OFF)
if(KEYLINE_SANITIZE)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer needs clang: configure with `cmake --preset sanitize`")
  endif()
  # Coverage feedback for all code under test; only the fuzz targets themselves link libFuzzer.
  add_compile_options(-O1 -gline-tables-only -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

# keyline_library(NAME SOURCES... [DEPENDS targets...]): a static library of one folder of userspace/.
function(keyline_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/userspace ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR}/userspace ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()
