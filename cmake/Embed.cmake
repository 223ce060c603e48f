# embed_files(<output.S> <symbol> <NAME=path> …): an assembler file with the files' bytes and a table
# of them: name, bytes and size of each, ended by zeros.
function(embed_files output symbol)
    set(table "")
    set(bytes "")
    set(files)
    set(index 0)
    foreach(pair ${ARGN})
        string(REGEX MATCH "^([^=]+)=(.*)$" ignored ${pair})
        set(name ${CMAKE_MATCH_1})
        set(path ${CMAKE_MATCH_2})
        string(APPEND bytes ".p2align 4\nfile_${index}: .incbin \"${path}\"\nend_${index}:\n"
                            "name_${index}: .asciz \"${name}\"\n")
        string(APPEND table ".quad name_${index}, file_${index}, end_${index} - file_${index}\n")
        list(APPEND files ${path})
        math(EXPR index "${index} + 1")
    endforeach()
    file(CONFIGURE OUTPUT ${output} CONTENT
".section .rodata\n${bytes}.section .data.rel.ro,\"aw\"\n.p2align 4\n.globl ${symbol}\n\
.hidden ${symbol}\n${symbol}:\n${table}.quad 0, 0, 0\n\
.section .note.GNU-stack,\"\",%progbits\n" @ONLY)
    set_source_files_properties(${output} PROPERTIES OBJECT_DEPENDS "${files}")
endfunction()
