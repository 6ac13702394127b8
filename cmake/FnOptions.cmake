# Build options, warnings, sanitizers, hardening. Presets choose; nothing is forced on people who package us.
#
#   FN_WERROR      warnings are errors
#   FN_SANITIZE    list for -fsanitize=, e.g. "address,undefined" or "thread"
#   FN_FUZZ        libFuzzer instrumentation; builds tests/fuzz (clang only)
#   FN_COVERAGE    gcov counters
#   FN_HARDEN      the release flags
#   FN_FAST_CHECK  optimise the layers that check a source as one: a fifth fewer instructions, and each link takes seconds
#   FN_TESTS       build tests/ (needs CUnit)
#   FN_BIN_DIR     where programs are put
#
# SPDX-License-Identifier: Apache-2.0
include(CheckCCompilerFlag)
find_package(PkgConfig REQUIRED)

option(FN_WERROR "Treat warnings as errors" OFF)
option(FN_FUZZ "Build the fuzz targets" OFF)
option(FN_COVERAGE "Count executed lines" OFF)
option(FN_HARDEN "Harden the programs" OFF)
option(FN_FAST_CHECK "Optimise the checking of sources across files" OFF)
option(FN_TESTS "Build the tests" ON)
set(FN_SANITIZE "" CACHE STRING "Sanitizers, comma separated")
set(FN_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH "Where programs are put")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_definitions(_XOPEN_SOURCE=700)

# fn_warnings: our sources. fn_warnings_generated: what re2c, Bison and fn_embed write.
add_library(fn_warnings INTERFACE)
add_library(fn_warnings_generated INTERFACE)
set(warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wvla -Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wswitch-enum -Wimplicit-fallthrough
    -Wdouble-promotion -Wpointer-arith -Wredundant-decls)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND warnings -Wduplicated-cond -Wlogical-op -Wcast-align=strict -Wtrampolines -Wbidi-chars=any)
    if(NOT FN_SANITIZE) # gcc's instrumentation makes this one see ghosts
        list(APPEND warnings -Wnull-dereference)
    endif()
else()
    list(APPEND warnings -Wcast-align -Wnull-dereference)
endif()
target_compile_options(fn_warnings INTERFACE ${warnings} $<$<BOOL:${FN_WERROR}>:-Werror>)
target_compile_options(fn_warnings_generated INTERFACE -Wall -Wextra $<$<BOOL:${FN_WERROR}>:-Werror>)

if(FN_SANITIZE)
    add_compile_options(-fsanitize=${FN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${FN_SANITIZE})
endif()
if(FN_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "FN_FUZZ needs clang (libFuzzer)")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(FN_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()

# For the CMakeLists.txt of such a layer.
macro(fn_fast_check)
    if(FN_FAST_CHECK)
        set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
        add_compile_options(-O3)
    endif()
endmacro()

if(FN_HARDEN)
    include(CheckPIESupported)
    check_pie_supported()
    # Each flag by itself: clang 14 lacks some of gcc's.
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero
                 -fzero-call-used-regs=used-gpr -fno-strict-overflow -fno-delete-null-pointer-checks)
        string(MAKE_C_IDENTIFIER "FN_HAS${flag}" has)
        check_c_compiler_flag(${flag} ${has})
        if(${has})
            add_compile_options(${flag})
        endif()
    endforeach()
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
