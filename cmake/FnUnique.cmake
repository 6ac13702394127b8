# fn_unique(TABLE <file.def> MACRO <FGR_DIAG>): the first argument of every row, a text, stands there once; the build stops otherwise.
# C cannot say it: the characters of a text are no constant expression. A changed table is looked at again by the next build.
# By itself: cmake -DTABLE=grammar/diags.def -DMACRO=FGR_DIAG -P cmake/FnUnique.cmake
#
# SPDX-License-Identifier: Apache-2.0
if(CMAKE_SCRIPT_MODE_FILE)
    cmake_minimum_required(VERSION 3.25)
endif()

function(fn_unique)
    cmake_parse_arguments(arg "" "TABLE;MACRO" "" ${ARGN})
    get_filename_component(table "${arg_TABLE}" ABSOLUTE)
    file(READ "${table}" text)
    string(REGEX MATCHALL "\n${arg_MACRO}\\(\"[^\"]*\"" rows "${text}")
    set(seen)
    foreach(row IN LISTS rows)
        string(REGEX REPLACE "^.*\"([^\"]*)\"$" "\\1" key "${row}")
        if(key IN_LIST seen)
            message(FATAL_ERROR "${table}: ${key} is there twice; codes are never reused")
        endif()
        list(APPEND seen "${key}")
    endforeach()
    if(NOT seen)
        message(FATAL_ERROR "${table}: no row of ${arg_MACRO}")
    endif()
    if(NOT CMAKE_SCRIPT_MODE_FILE)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${table}")
    endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
    fn_unique(TABLE "${TABLE}" MACRO "${MACRO}")
endif()
