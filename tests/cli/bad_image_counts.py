#!/usr/bin/env python3
"""Load bad drivers through the C API, all of them twice, and compare the counts of the machine.

    bad_image_counts.py LIBRINGSIDE.so FILE...
"""

import ctypes
import sys
from ctypes import c_bool, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p


class Options(ctypes.Structure):
    """struct rs_options."""

    _fields_ = [("size", c_size_t), ("seed", c_uint64), ("memory_mib", c_uint32),
                ("clock", c_uint32), ("c_drive", c_char_p), ("no_sandbox", c_bool),
                ("debug", c_void_p), ("debug_context", c_void_p), ("trace_format", c_uint32),
                ("trace", c_void_p), ("trace_context", c_void_p), ("watchdog_seconds", c_uint32)]


class Counters(ctypes.Structure):
    """struct rs_counters."""

    _fields_ = [(name, c_uint64) for name in
                ("pool_bytes", "pool_blocks", "objects", "handles", "irps", "frames",
                 "time_100ns", "system_calls", "context_switches")]


WATCHED = ("pool_bytes", "pool_blocks", "objects", "handles", "irps", "frames")


def load_all(library, machine, files):
    for file in files:
        if library.rs_driver_load(machine, file.encode(), None) >= 0:
            sys.exit(f"{file} was loaded")
    counters = Counters()
    if library.rs_count(machine, ctypes.byref(counters)) < 0:
        sys.exit("the machine stopped")
    return {name: getattr(counters, name) for name in WATCHED}


def main():
    library = ctypes.CDLL(sys.argv[1])
    options = Options(size=ctypes.sizeof(Options), no_sandbox=True)
    machine = c_void_p()
    for name in ("rs_boot", "rs_driver_load", "rs_count"):
        getattr(library, name).restype = c_int32
    if library.rs_boot(ctypes.byref(options), ctypes.byref(machine)) < 0:
        sys.exit("the machine does not boot")
    first = load_all(library, machine, sys.argv[2:])
    second = load_all(library, machine, sys.argv[2:])
    print(first)
    if first != second:
        sys.exit(f"the second time: {second}")


main()
