# The C test of examples/c-test with its drivers, built as its README says.

set(EXAMPLES_BUILD ${CMAKE_BINARY_DIR}/examples)
file(MAKE_DIRECTORY ${EXAMPLES_BUILD})

# example_driver(<name> <source> OPTION …): <build>/examples/<name>.sys, by `ringside cc`.
function(example_driver name source)
    add_custom_command(
        OUTPUT ${EXAMPLES_BUILD}/${name}.sys
        COMMAND ringside cc ${ARGN} ${CMAKE_SOURCE_DIR}/${source} -o ${EXAMPLES_BUILD}/${name}.sys
        DEPENDS ringside ddk ${source}
        COMMENT "ringside cc ${name}.sys" VERBATIM)
endfunction()

example_driver(FirstDriver examples/first-driver/FirstDriver.c)
example_driver(ExampleBuffered examples/example-io/Example.c -DIO_BUFFERED)
add_custom_target(example_drivers ALL DEPENDS ${EXAMPLES_BUILD}/FirstDriver.sys
                                              ${EXAMPLES_BUILD}/ExampleBuffered.sys)

add_executable(driver_test examples/c-test/driver_test.c)
set_target_properties(driver_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/unit)
target_compile_definitions(driver_test PRIVATE DRIVER_FOLDER="${EXAMPLES_BUILD}")
target_compile_options(driver_test PRIVATE ${host_warnings})
target_link_libraries(driver_test PRIVATE ringside_library ${CMOCKA_LIBRARY})
add_dependencies(driver_test example_drivers)
add_test(NAME driver_test COMMAND driver_test)

# What the kernel does without memory.
example_driver(BenchDriver tests/bench/BenchDriver.c)
add_custom_target(bench_driver ALL DEPENDS ${EXAMPLES_BUILD}/BenchDriver.sys)
unit_test(oom_test)
target_include_directories(oom_test PRIVATE tests/bench)
target_compile_definitions(oom_test PRIVATE DRIVER_FOLDER="${EXAMPLES_BUILD}")
target_link_libraries(oom_test PRIVATE ringside_library)
add_dependencies(oom_test bench_driver)

# The verifier, through the C API.
example_driver(irp_status_differs tests/guest/verify/irp_status_differs.c)
example_driver(irp_status_right tests/guest/verify/irp_status_differs.c -DREPAIRED)
add_custom_target(verify_drivers ALL DEPENDS ${EXAMPLES_BUILD}/irp_status_differs.sys
                                             ${EXAMPLES_BUILD}/irp_status_right.sys)
unit_test(verify_test)
target_compile_definitions(verify_test PRIVATE FAULTY="${EXAMPLES_BUILD}/irp_status_differs.sys"
                                               REPAIRED="${EXAMPLES_BUILD}/irp_status_right.sys")
target_link_libraries(verify_test PRIVATE ringside_library)
add_dependencies(verify_test verify_drivers)
