"""Read a minidump by its public description, check that it is sound, and tell what is in it.

    dump_parse.py FILE [EXPRESSION]

Exits with 1 when something is wrong with the file, or when the Python expression is not true. It
may use: code, parameters, thread (of the exception), threads (id -> context), modules (name ->
module), memory(address, size) -> bytes or None, comment, system, process.
"""
import struct
import sys

path = sys.argv[1]
data = open(path, "rb").read()


def need(condition, what):
    if not condition:
        sys.exit(f"{path}: {what}")


def read(form, at):
    need(0 <= at and at + struct.calcsize("<" + form) <= len(data), f"a part at {at:#x} is outside")
    return struct.unpack_from("<" + form, data, at)


def part(size, rva):
    need(rva + size <= len(data), f"{size} bytes at {rva:#x} are outside")
    return data[rva:rva + size]


signature, version, count, directory, _, stamp, flags = read("4sIIIIIQ", 0)
need(signature == b"MDMP" and version & 0xFFFF == 0xA793, "no minidump")
streams = {}
for i in range(count):
    kind, size, rva = read("III", directory + 12 * i)
    part(size, rva)
    need(kind not in streams, f"two streams of type {kind}")
    streams[kind] = (size, rva)
need({3, 4, 5, 6, 7, 10, 15} == set(streams), f"streams are {sorted(streams)}")


def table(kind, row_size):
    size, rva = streams[kind]
    (rows,) = read("I", rva)
    need(size == 4 + rows * row_size, f"stream {kind} has {size} bytes for {rows} rows")
    return [rva + 4 + i * row_size for i in range(rows)]


def string(rva):
    (size,) = read("I", rva)
    need(part(2, rva + 4 + size) == b"\0\0", "a string has no end")
    return part(size, rva + 4).decode("utf-16-le")


# MemoryList: pages, in order and apart.
regions = []
for at in table(5, 16):
    start, size, rva = read("QII", at)
    part(size, rva)
    need(size and size % 4096 == 0 and start % 4096 == 0, "memory is not made of pages")
    need(not regions or regions[-1][0] + regions[-1][1] < start, "memory is not in order")
    regions.append((start, size, rva))
need(regions, "no memory")


def memory(address, size):
    for start, length, rva in regions:
        if start <= address and address + size <= start + length:
            return part(size, rva + address - start)
    return None


# SystemInfo
need(streams[7][0] == 56, "SystemInfo has a wrong size")
architecture, _, _, processors, _, major, minor, build, platform, pack = read(
    "HHHBBIIIII", streams[7][1])
need(architecture == 9 and platform == 2 and string(pack) == "", "not Windows on x64")
system = {"processors": processors, "version": (major, minor, build)}

# ModuleList
modules = {}
for at in table(4, 108):
    base, size, checksum, timestamp, name = read("QIIII", at)
    cv_size, cv_rva = read("II", at + 76)
    need(base and size and size % 4096 == 0, "a module has no address")
    for other in modules.values():
        need(base >= other["base"] + other["size"] or base + size <= other["base"],
             "modules overlap")
    record = part(cv_size, cv_rva)
    need(not record or (record[:4] == b"RSDS" and record[-1] == 0), "a bad CodeView record")
    full = string(name)
    modules[full.rsplit("\\", 1)[-1]] = {
        "base": base, "size": size, "checksum": checksum, "timestamp": timestamp, "path": full,
        "guid": record[4:20], "pdb": record[24:-1].decode()}
need("ntoskrnl.exe" in modules, "no kernel among the modules")


def context_at(size, rva):
    need(size == 1232, "a context has a wrong size")
    (context_flags,) = read("I", rva + 0x30)
    need(context_flags == 0x100007, "a context of another kind")
    names = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip".split()
    return dict(zip(names, read("17Q", rva + 0x78)))


# ThreadList
threads = {}
for at in table(3, 48):
    identity, _, _, priority, teb, start, size, rva, context_size, context_rva = read(
        "IIIIQQIIII", at)
    need(identity not in threads, "two threads have one id")
    context = context_at(context_size, context_rva)
    need(memory(start, size) == part(size, rva) if size else True, "a stack is not in the memory")
    need(start == context["rsp"], "a stack does not start at the stack pointer")
    threads[identity] = {**context, "stack": part(size, rva), "priority": priority}
    if threads[identity]["stack"]:
        need(len(threads[identity]["stack"]) <= 64 << 10, "a stack is too long")
need(threads, "no threads")

# Exception
need(streams[6][0] == 168, "Exception has a wrong size")
at = streams[6][1]
thread, _, code, _, _, address, parameter_count = read("IIIIQQI", at)
parameters = list(read("15Q", at + 40))[:parameter_count]
exception_context = context_at(*read("II", at + 160))
need(thread in threads and thread == next(iter(threads)), "the exception's thread is not the first")
need(exception_context == {k: v for k, v in threads[thread].items() if k in exception_context},
     "the exception has another context than its thread")
need(address == exception_context["rip"], "the exception is elsewhere")

# MiscInfo, CommentStreamA
need(streams[15][0] == 24, "MiscInfo has a wrong size")
_, misc_flags, process = read("III", streams[15][1])
need(misc_flags & 1 and process, "no process id")
comment = part(*streams[10])
need(comment.endswith(b"\0"), "the comment has no end")
comment = comment[:-1].decode()
need(comment.startswith("*** "), "the comment is not the report")


def word(address):
    bytes_there = memory(address, 8)
    return int.from_bytes(bytes_there, "little") if bytes_there else None


def module_of(address):
    for name, module in modules.items():
        if 0 <= address - module["base"] < module["size"]:
            return name
    return None


def returns_to(name, identity=None):
    """Is there an address of the module on the thread's stack?"""
    stack = threads[identity or thread]["stack"]
    words = struct.unpack_from(f"<{len(stack) // 8}Q", stack)
    return any(module_of(value) == name for value in words)


if len(sys.argv) > 2:
    need(eval("(" + sys.argv[2] + ")"), f"not true: {sys.argv[2]}")
