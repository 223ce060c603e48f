/*
 * Source debugging of loaded PE images with stock gdb (or lldb), through the JIT interface:
 * breakpoints by file and line, variables, and call stacks across drivers and the kernel.
 *
 *   gdb.c        the registry of images, and the ELF object that describes one
 *   gdb_dwarf.c  the image's DWARF, moved to where the image runs
 *   gdb_frame.c  call frame information from .pdata
 *
 * An image costs a list entry until a debugger is there. A debugger that listens has placed a
 * breakpoint in __jit_debug_register_code; host_gdb_poll sees it there. So both ways work:
 * starting under gdb, and attaching later.
 *
 * A software breakpoint is a write into code. Linux lets a debugger write into a shared mapping
 * only when the process could, so code is mapped writable while a debugger listens.
 */
#ifndef RINGSIDE_HOST_GDB_H
#define RINGSIDE_HOST_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An image runs at `base`. Publishes it at once when a debugger listens.
 * @param file raw bytes of the PE file; the caller keeps them until host_gdb_unregister
 * @param name file name, for the object's symbol table; copied
 */
void host_gdb_register(uint64_t base, const void *file, size_t size, const char *name);
void host_gdb_unregister(uint64_t base);

/* A debugger that wants the images has put its breakpoint instruction there. */
bool host_gdb_listens(void);

/* Publish all images, now and from now on, whether or not a debugger listens. */
void host_gdb_enable(void);

/* Publish what is not yet published if a debugger listens. Costs one load otherwise. */
void host_gdb_poll(void);

#endif
