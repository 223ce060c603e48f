# What the command and the library need beside their sources: the table of status names, and the
# manual pages and completion scripts, which the command writes itself.

# ---- status names: every NTSTATUS of the public ntstatus.h ----------------------------------------

set(status_header ${DDK_MINGW_INCLUDE}/ntstatus.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${status_header})
set(status_pattern "^#define +([A-Z][A-Z0-9_a-z]*) +\\(\\(NTSTATUS\\) ?(0x[0-9A-Fa-f]+)L?\\).*")
file(STRINGS ${status_header} status_lines REGEX "${status_pattern}")
set(status_table "/* Generated from ntstatus.h. */\n")
foreach(line ${status_lines})
    string(REGEX REPLACE "${status_pattern}" "{\\2u, \"\\1\"},\n" row "${line}")
    string(APPEND status_table "${row}")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/status_names.inc CONTENT "${status_table}" @ONLY)
target_include_directories(ringside_library PRIVATE ${CMAKE_BINARY_DIR}/generated)

# ---- the command ----------------------------------------------------------------------------------

target_compile_definitions(ringside PRIVATE RINGSIDE_VERSION="${PROJECT_VERSION}")

set(MAN_BUILD ${CMAKE_BINARY_DIR}/man)
file(MAKE_DIRECTORY ${MAN_BUILD})
set(man_pages ${MAN_BUILD}/ringside.1)
add_custom_command(
    OUTPUT ${MAN_BUILD}/ringside.1
    COMMAND ringside help --man > ${MAN_BUILD}/ringside.1
    DEPENDS ringside
    COMMENT "Manual page ringside(1)"
    VERBATIM)
foreach(verb
        run cc imports verify trace
        boot shutdown reboot top status list exec do dbgview irps findings gdb
        sc reg pnputil ps kill winobj handles drivers devtree pool
        help version) # the test of help compares this with the verbs that there are
    add_custom_command(
        OUTPUT ${MAN_BUILD}/ringside-${verb}.1
        COMMAND ringside help --man ${verb} > ${MAN_BUILD}/ringside-${verb}.1
        DEPENDS ringside
        COMMENT "Manual page ringside-${verb}(1)"
        VERBATIM)
    list(APPEND man_pages ${MAN_BUILD}/ringside-${verb}.1)
endforeach()
add_custom_target(man ALL DEPENDS ${man_pages})
install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# ---- completion of command lines ------------------------------------------------------------------

set(COMPLETION_BUILD ${CMAKE_BINARY_DIR}/completion)
file(MAKE_DIRECTORY ${COMPLETION_BUILD})
foreach(shell bash zsh)
    add_custom_command(
        OUTPUT ${COMPLETION_BUILD}/${shell}
        COMMAND ringside help --completion ${shell} > ${COMPLETION_BUILD}/${shell}
        DEPENDS ringside
        COMMENT "Completion for ${shell}"
        VERBATIM)
endforeach()
add_custom_target(completion ALL DEPENDS ${COMPLETION_BUILD}/bash ${COMPLETION_BUILD}/zsh)
install(FILES ${COMPLETION_BUILD}/bash RENAME ringside
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${COMPLETION_BUILD}/zsh RENAME _ringside
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

# ---- tests of the command -------------------------------------------------------------------------

foreach(test help imports run cc)
    add_test(NAME cli_${test} COMMAND ${CMAKE_SOURCE_DIR}/tests/cli/${test}_test.sh)
    set_tests_properties(cli_${test} PROPERTIES ENVIRONMENT RINGSIDE=$<TARGET_FILE:ringside>)
endforeach()
