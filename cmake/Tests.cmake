# Unit tests of the host side (cmocka) in <build>/tests/unit, and the fuzz driver of the PE library.

find_library(CMOCKA_LIBRARY cmocka REQUIRED)
set(TESTS_BUILD ${CMAKE_BINARY_DIR}/tests)
file(GLOB pe_library CONFIGURE_DEPENDS src/pe/*.c)

# unit_test(<name> SOURCE …): tests/unit/<name>.c with what it tests.
function(unit_test name)
    add_executable(${name} tests/unit/${name}.c ${ARGN})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${TESTS_BUILD}/unit)
    target_include_directories(${name} PRIVATE src include tests/unit ${DWARF_INCLUDE})
    target_compile_options(${name} PRIVATE ${host_warnings})
    target_link_libraries(${name} PRIVATE ${CMOCKA_LIBRARY})
    add_test(NAME ${name} COMMAND ${name})
endfunction()

unit_test(pe_test tests/unit/pe_builder.c tests/unit/pe_sample.c ${pe_library})
unit_test(pe_refusal_test tests/unit/pe_builder.c tests/unit/pe_sample.c ${pe_library})
unit_test(decode_test src/host/decode.c)
target_link_libraries(decode_test PRIVATE ${ZYDIS_LIBRARY})
unit_test(sandbox_test src/host/sandbox.c)
target_link_libraries(sandbox_test PRIVATE PkgConfig::SECCOMP)
unit_test(files_test src/host/files.c src/host/file_lookup.c src/host/sandbox.c)
target_link_libraries(files_test PRIVATE PkgConfig::SECCOMP)

# The panes of `ringside top`, without a terminal.
unit_test(top_test src/cli/top_text.c src/cli/top_pane.c src/cli/top_json.c src/cli/top_debug.c
          src/cli/top_processes.c src/cli/top_objects.c src/cli/top_irps.c src/cli/words.c
          src/cli/message.c src/server/debug_line.c src/server/text.c)
target_link_libraries(top_test PRIVATE ringside_library ${CJSON_LIBRARY})

foreach(name hive_test hive_kill_test registry_boot_test)
    unit_test(${name} tests/unit/registry_changes.c)
    target_link_libraries(${name} PRIVATE ringside_hive)
endforeach()
target_link_libraries(registry_boot_test PRIVATE ringside_library)
# What tests/cli/hive_test.sh calls.
add_executable(hive_boot tests/unit/hive_boot.c)
target_link_libraries(hive_boot PRIVATE ringside_hive ringside_library)
add_executable(hive_dump tests/unit/hive_dump.c tests/unit/registry_changes.c)
target_link_libraries(hive_dump PRIVATE ringside_hive)
foreach(program hive_boot hive_dump)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${TESTS_BUILD})
    target_include_directories(${program} PRIVATE src include tests/unit)
    target_compile_options(${program} PRIVATE ${host_warnings})
endforeach()

add_executable(pe_fuzz tests/fuzz/fuzz_main.c tests/fuzz/pe_fuzz.c ${pe_library})
add_executable(pe_seed tests/fuzz/pe_seed.c tests/unit/pe_builder.c tests/unit/pe_sample.c
               ${pe_library})
foreach(program pe_fuzz pe_seed)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${TESTS_BUILD})
    target_include_directories(${program} PRIVATE src tests/unit)
endforeach()
# The loader's fuzz run is worth little without the sanitizers, in every build type.
target_compile_options(pe_fuzz PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
target_link_options(pe_fuzz PRIVATE -fsanitize=address,undefined)
add_custom_command(OUTPUT ${TESTS_BUILD}/pe_seed.sys
                   COMMAND pe_seed ${TESTS_BUILD}/pe_seed.sys
                   DEPENDS pe_seed VERBATIM)
add_custom_target(pe_seed_file ALL DEPENDS ${TESTS_BUILD}/pe_seed.sys)

# The bench. Driver and native loop are compiled by the same compiler.
add_executable(bench_program tests/bench/bench.c tests/bench/requests.c tests/bench/loops.c
               tests/bench/verified.c
                             tests/bench/processes.c)
target_include_directories(bench_program PRIVATE include)
target_compile_options(bench_program PRIVATE ${host_warnings})
target_link_libraries(bench_program PRIVATE ringside_library)
