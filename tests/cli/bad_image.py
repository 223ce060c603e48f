#!/usr/bin/env python3
"""Damaged copies of a good driver, for bad_image_test.sh.

    bad_image.py table GOOD.sys FOLDER          one file for each row of TABLE; prints NAME PATTERN
    bad_image.py mutate GOOD.sys FOLDER N SEED  N files with random damage, mostly to the headers
"""

import pathlib
import random
import struct
import sys


class Image:
    """The bytes of a PE32+ file, and where its fields are."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.pe = struct.unpack_from("<I", data, 0x3C)[0]
        self.optional = self.pe + 24
        self.directories = self.optional + 112
        self.sections = self.optional + self.get(self.pe + 20, "H")
        self.section_count = self.get(self.pe + 6, "H")

    def get(self, offset, kind):
        return struct.unpack_from("<" + kind, self.data, offset)[0]

    def put(self, offset, kind, value):
        struct.pack_into("<" + kind, self.data, offset, value)
        return self

    def section(self, index):
        return self.sections + 40 * index

    def offset_of(self, rva):
        for index in range(self.section_count):
            header = self.section(index)
            start, size = self.get(header + 12, "I"), self.get(header + 16, "I")
            if start <= rva < start + size:
                return self.get(header + 20, "I") + rva - start
        raise ValueError(f"no section has {rva:#x}")

    def directory(self, index):
        """Where the entry for a directory is: its RVA, and 4 bytes later its size."""
        return self.directories + 8 * index

    def table(self, index):
        """Where the directory itself is in the file."""
        return self.offset_of(self.get(self.directory(index), "I"))


EXPORT, IMPORT, EXCEPTION, RELOCATION = 0, 1, 3, 5
NATIVE, CONSOLE = 1, 3


def cut(size):
    def change(image):
        image.data = image.data[:size]

    return change


def whole(content):
    def change(image):
        image.data = bytearray(content)

    return change


def field(place, kind, value):
    """Set a field; `place` computes its offset from the image."""
    return lambda image: image.put(place(image), kind, value)


def at_pe(offset, kind, value):
    return field(lambda image: image.pe + offset, kind, value)


def at_optional(offset, kind, value):
    return field(lambda image: image.optional + offset, kind, value)


def at_section(index, offset, kind, value):
    return field(lambda image: image.section(index) + offset, kind, value)


def overlap(image):
    image.put(image.section(1) + 12, "I", image.get(image.section(0) + 12, "I"))


def wild_relocation(image):
    """The first relocation is of a page far outside the image."""
    image.put(image.table(RELOCATION), "I", 0x7FFFF000)


def endless_relocation(image):
    """A block of relocations that is 0 bytes long: a loader must not wait for its end."""
    image.put(image.table(RELOCATION) + 4, "I", 0)


def unknown_relocation(image):
    image.put(image.table(RELOCATION) + 8, "H", 0xF000)


def import_name(image):
    """The name of the imported module lies outside the image."""
    image.put(image.table(IMPORT) + 12, "I", 0x7FFFFFF0)


def import_thunks(image):
    image.put(image.table(IMPORT) + 16, "I", 0x7FFFFFF0)
    image.put(image.table(IMPORT), "I", 0x7FFFFFF0)


def import_symbol(image):
    """The first imported symbol's name lies outside the image."""
    thunks = image.offset_of(image.get(image.table(IMPORT), "I"))
    image.put(thunks, "Q", 0x7FFFFFF0)


# What is wrong; how to make it; the message that follows "ringside: NAME.sys: ".
TABLE = [
    ("empty", cut(0), "not a PE file"),
    ("one-byte", cut(1), "not a PE file"),
    ("text", whole(b"This is no driver.\n" * 100), r"not a PE file \(no MZ header\)"),
    ("zeros", whole(bytes(4096)), r"not a PE file \(no MZ header\)"),
    ("elf", whole(b"\x7fELF" + bytes(4096)), r"not a PE file \(no MZ header\)"),
    ("cut-in-dos-header", cut(0x20), "a file that ends inside the MZ header"),
    ("cut-before-pe-header", cut(0x40), "not a PE file"),
    ("cut-in-pe-header", cut(0x80 + 10), "not a PE file|ends"),
    ("cut-in-optional-header", cut(0x80 + 24 + 50), "ends inside the optional header"),
    ("cut-in-section-table", cut(0x80 + 24 + 240 + 20), "sections that ends outside the file"),
    ("cut-in-section", cut(0x500), "file"),
    ("pe-header-far-away", field(lambda image: 0x3C, "I", 0xFFFFFFF0), "not a PE file"),
    ("no-pe-signature", at_pe(0, "I", 0x4550 + 1), "no PE signature"),
    ("32-bit", at_pe(4, "H", 0x14C), "a 32-bit image .*only x64"),
    ("arm64", at_pe(4, "H", 0xAA64), "an ARM64 image .*only x64"),
    ("unknown-machine", at_pe(4, "H", 0x1234), "machine 0x1234"),
    ("object-file", at_pe(22, "H", 0), "not an executable image"),
    ("pe32-header", at_optional(0, "H", 0x10B), "32-bit"),
    ("unknown-magic", at_optional(0, "H", 0x999), "unknown magic 0x999"),
    ("short-optional-header", at_pe(20, "H", 16), "optional header"),
    ("user-mode", at_optional(68, "H", CONSOLE), "a user-mode image"),
    ("no-entry", at_optional(16, "I", 0), "entry point"),
    ("entry-outside", at_optional(16, "I", 0x7FFFFFFF), "entry point .* outside the image"),
    ("huge-image", at_optional(56, "I", 0xFFFFF000), "SizeOfImage"),
    ("larger-than-memory", at_optional(56, "I", 0x1FFFF000), "does not fit into the memory"),
    ("no-image", at_optional(56, "I", 0), "SizeOfImage is 0"),
    ("small-image", at_optional(56, "I", 0x1000), "outside the image"),
    ("odd-alignment", at_optional(32, "I", 0x1001), "not a power of two"),
    ("no-alignment", at_optional(36, "I", 0), "not a power of two"),
    ("odd-base", at_optional(24, "Q", 0x140000001), "ImageBase"),
    ("headers-too-large", at_optional(60, "I", 0x7FFFFFFF), "SizeOfHeaders"),
    ("many-sections", at_pe(6, "H", 0xFFFF), "sections"),
    ("section-outside-file", at_section(1, 20, "I", 0x7FFFFE00), "section"),
    ("section-outside-image", at_section(1, 12, "I", 0x7FFFF000), "section"),
    ("section-wraps", at_section(1, 8, "I", 0xFFFFFFFF), "section"),
    ("overlapping-sections", overlap, "overlap"),
    ("imports-outside", field(lambda image: image.directory(IMPORT), "I", 0x7FFFFFFF), "import"),
    ("import-name-outside", import_name, "import"),
    ("import-thunks-outside", import_thunks, "import"),
    ("import-symbol-outside", import_symbol, "import"),
    ("exports-outside", field(lambda image: image.directory(EXPORT), "I", 0x7FFFFFFF), "export"),
    ("unwind-outside", field(lambda image: image.directory(EXCEPTION), "I", 0x7FFFFFFF), "exception"),
    ("relocations-outside", field(lambda image: image.directory(RELOCATION), "I", 0x7FFFFFFF),
     "relocation"),
    ("relocation-wild", wild_relocation, "relocation"),
    ("relocation-endless", endless_relocation, "relocation"),
    ("relocation-unknown", unknown_relocation, "relocation"),
]


def make_table(good, folder):
    for name, change, pattern in TABLE:
        image = Image(good)
        change(image)
        (folder / f"{name}.sys").write_bytes(image.data)
        print(name, pattern)


def mutated(good, generator):
    """One to four changes; seven of eight are to the headers and tables, where a loader looks."""
    image = Image(good)
    header_end = image.section(image.section_count)
    places = [(0, header_end)] * 5
    places += [(image.table(IMPORT), 64), (image.table(RELOCATION), 16), (header_end, len(good))]
    for _ in range(generator.randint(1, 4)):
        start, size = generator.choice(places)
        offset = min(start + generator.randrange(size), len(good) - 8)
        kind = generator.choice("BBHIQ")
        limit = 1 << 8 * struct.calcsize(kind)
        value = generator.choice(
            [0, 1, limit - 1, limit // 2, generator.randrange(limit),
             (image.get(offset, kind) + generator.choice([-1, 1])) % limit])
        image.put(offset, kind, value)
    if generator.random() < 0.1:
        image.data = image.data[: generator.randrange(len(good))]
    return image.data


def make_mutants(good, folder, count, seed):
    generator = random.Random(seed)
    for number in range(count):
        (folder / f"mutant{number}.sys").write_bytes(mutated(good, generator))


def main():
    command, good, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    folder.mkdir(exist_ok=True)
    if command == "table":
        make_table(good.read_bytes(), folder)
    else:
        make_mutants(good.read_bytes(), folder, int(sys.argv[4]), int(sys.argv[5]))


main()
