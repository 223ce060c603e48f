"""Boot a machine through the C API, write services into its registry, and start them.

    start_services.py LIBRARY C_FOLDER < SCENARIO

A line of the scenario is a service or a list:

    service NAME Value=number Value="text" Value=[a,b] Parameters.Value=number
    groups a,b            Control\\ServiceGroupOrder
    tags GROUP 3,1        Control\\GroupOrderList
    again                 start them now, and once more at the end

ImagePath is C:\\driver.sys unless it is given; "ImagePath=" gives none. Prints what the drivers say,
and how it ended.
"""

import ctypes
import re
import sys

CONTROL_SET = "\\Registry\\Machine\\SYSTEM\\CurrentControlSet"
REG_SZ, REG_BINARY, REG_DWORD, REG_MULTI_SZ = 1, 3, 4, 7
RS_STOPPED = 0xE0520001
OUTPUT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32,
                          ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("seed", ctypes.c_uint64), ("memory", ctypes.c_uint32),
                ("clock", ctypes.c_uint32), ("c_drive", ctypes.c_char_p),
                ("no_sandbox", ctypes.c_bool), ("debug", OUTPUT)]


class Stop(ctypes.Structure):
    _fields_ = [("reason", ctypes.c_uint32), ("code", ctypes.c_uint32),
                ("parameters", ctypes.c_uint64 * 4), ("name", ctypes.c_char_p),
                ("cause", ctypes.c_char_p), ("text", ctypes.c_char_p),
                ("meanings", ctypes.c_char_p * 4)]


@OUTPUT
def print_line(_context, _component, _level, text, size):
    sys.stdout.write(text[:size].decode())


class Machine:
    def __init__(self, library, c_drive):
        self.library = ctypes.CDLL(library)
        self.handle = ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), c_drive=c_drive.encode(), no_sandbox=True,
                          debug=print_line)
        status = self.library.rs_boot(ctypes.byref(options), ctypes.byref(self.handle))
        if status != 0:
            sys.exit(f"rs_boot: {status & 0xFFFFFFFF:#x}")

    def set(self, key, name, kind, data):
        status = self.library.rs_set_value(self.handle, key.encode(), name.encode(), kind, data,
                                           ctypes.c_size_t(len(data)))
        if status != 0:
            sys.exit(f"rs_set_value {key} {name}: {status & 0xFFFFFFFF:#x}")

    def start(self):
        status = self.library.rs_start_services(self.handle) & 0xFFFFFFFF
        if status != RS_STOPPED:
            print(f"= {status:#x}")
            return
        stop = Stop()
        self.library.rs_stop(self.handle, ctypes.byref(stop))
        print(f"= {stop.code:#x} {stop.name.decode()} {stop.parameters[0] & 0xFFFFFFFF:#x} "
              f"{stop.parameters[2]}")


def wide(text):
    return (text + "\0").encode("utf-16-le")


def numbers(values):
    return b"".join(int(value, 0).to_bytes(4, "little") for value in values)


def encode(text):
    if text.startswith("["):
        return REG_MULTI_SZ, b"".join(map(wide, text[1:-1].split(","))) + wide("")
    if text.startswith('"'):
        return REG_SZ, wide(text[1:-1])
    return REG_DWORD, numbers([text])


def add_service(machine, words):
    key = f"{CONTROL_SET}\\Services\\{words[0]}"
    values = {"Type": "1", "ErrorControl": "1", "ImagePath": '"C:\\driver.sys"'}
    values.update(word.split("=", 1) for word in words[1:])
    for name, text in values.items():
        if text:
            below, _, value = name.rpartition(".")
            machine.set(f"{key}\\{below}" if below else key, value, *encode(text))


def main():
    machine = Machine(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
        if words[0] == "service":
            add_service(machine, words[1:])
        elif words[0] == "groups":
            machine.set(f"{CONTROL_SET}\\Control\\ServiceGroupOrder", "List",
                        *encode(f"[{words[1]}]"))
        elif words[0] == "tags":
            tags = words[2].split(",")
            machine.set(f"{CONTROL_SET}\\Control\\GroupOrderList", words[1], REG_BINARY,
                        numbers([str(len(tags)), *tags]))
        elif words[0] == "again":
            machine.start()
    machine.start()


main()
