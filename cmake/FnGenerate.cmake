# Sources written by tools. They are made in the build tree, never committed, keep #line so that errors and coverage
# point at what people wrote, and are compiled apart, without the conversion warnings their skeletons trip.
#
# fn_re2c(TARGET <layer> SOURCE lexer.re [FLAGS ...])     -> lexer.c
# fn_bison(TARGET <layer> SOURCE funnel.y [FLAGS ...])    -> funnel.tab.c, funnel.tab.h (the layer can include it)
# fn_embed(TARGET <layer> NAME <symbol> ROOT <dir> FILES <names under ROOT...>)
#                                                         -> <symbol>.h (the layer can include it):
#     extern const struct fn_embedded <symbol>[]; extern const size_t <symbol>_count;   (see fn_embed.h)
#
# SPDX-License-Identifier: Apache-2.0

# Compiles a generated C file into the layer, where it sees what the layer sees.
function(fn_add_generated target name source header)
    set(objects ${target}_${name})
    add_library(${objects} OBJECT ${source} ${header})
    target_include_directories(${objects} PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
    target_link_libraries(${objects} PRIVATE fn_warnings_generated)
    get_target_property(deps ${target} INTERFACE_LINK_LIBRARIES)
    if(deps)
        foreach(dep ${deps})
            if(TARGET ${dep})
                target_link_libraries(${objects} PRIVATE ${dep})
            endif()
        endforeach()
    endif()
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}> ${header})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/generated")
endfunction()

function(fn_re2c)
    cmake_parse_arguments(arg "" "TARGET;SOURCE" "FLAGS" ${ARGN})
    find_program(FN_RE2C re2c REQUIRED)
    get_filename_component(stem "${arg_SOURCE}" NAME_WE)
    set(in "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SOURCE}")
    set(out "${CMAKE_CURRENT_BINARY_DIR}/generated/${stem}.c")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/generated")
    add_custom_command(
        OUTPUT "${out}" MAIN_DEPENDENCY "${in}" VERBATIM
        COMMAND ${FN_RE2C} -c -8 --input-encoding utf8 -W -Werror --no-generation-date ${arg_FLAGS} -o "${out}" "${in}")
    fn_add_generated(${arg_TARGET} ${stem}_re2c "${out}" "")
endfunction()

function(fn_bison)
    cmake_parse_arguments(arg "" "TARGET;SOURCE" "FLAGS" ${ARGN})
    find_program(FN_BISON bison REQUIRED)
    get_filename_component(stem "${arg_SOURCE}" NAME_WE)
    set(in "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SOURCE}")
    set(out "${CMAKE_CURRENT_BINARY_DIR}/generated/${stem}.tab.c")
    set(header "${CMAKE_CURRENT_BINARY_DIR}/generated/${stem}.tab.h")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/generated")
    add_custom_command(
        OUTPUT "${out}" "${header}" MAIN_DEPENDENCY "${in}" VERBATIM
        COMMAND ${FN_BISON} -Wall -Wcounterexamples -Werror ${arg_FLAGS} --defines=${header} -o "${out}" "${in}")
    fn_add_generated(${arg_TARGET} ${stem}_bison "${out}" "${header}")
endfunction()

function(fn_embed)
    cmake_parse_arguments(arg "" "TARGET;NAME;ROOT" "FILES" ${ARGN})
    if(NOT TARGET fn_embed_tool)
        add_executable(fn_embed_tool "${CMAKE_SOURCE_DIR}/cmake/embed.c")
        target_link_libraries(fn_embed_tool PRIVATE fn_warnings)
    endif()
    get_filename_component(root "${arg_ROOT}" ABSOLUTE)
    set(out "${CMAKE_CURRENT_BINARY_DIR}/generated/${arg_NAME}.c")
    set(header "${CMAKE_CURRENT_BINARY_DIR}/generated/${arg_NAME}.h")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/generated")
    set(inputs "")
    set(names "")
    foreach(name ${arg_FILES})
        file(GLOB present CONFIGURE_DEPENDS "${root}/${name}")
        if(present)
            list(APPEND inputs "${root}/${name}")
            list(APPEND names "${name}")
        else()
            message(WARNING "${arg_NAME}: ${root}/${name} is missing and will not be found at run time")
        endif()
    endforeach()
    add_custom_command(
        OUTPUT "${out}" "${header}" DEPENDS fn_embed_tool ${inputs} VERBATIM
        COMMAND fn_embed_tool ${arg_NAME} "${out}" "${header}" "${root}" ${names})
    fn_add_generated(${arg_TARGET} ${arg_NAME}_embed "${out}" "${header}")
endfunction()
