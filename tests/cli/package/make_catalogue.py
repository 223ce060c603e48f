"""Makes a catalogue, without a signature: PKCS #7 SignedData with a trust list, as inf2cat does.

    make_catalogue.py OUT.cat [--sha1] [--no-names] FILE...
"""
import hashlib
import struct
import sys


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts):
    return der(0x30, *parts)


def of(*parts):
    return der(0x31, *parts)


def identifier(text):
    numbers = [int(part) for part in text.split(".")]
    body = bytes([40 * numbers[0] + numbers[1]])
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        body += bytes(reversed(digits))
    return der(6, body)


def octets(data):
    return der(4, data)


NULL = der(5)
ALGORITHMS = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}


def image_digest(data, algorithm):
    start = struct.unpack_from("<I", data, 0x3C)[0] + 24
    magic = struct.unpack_from("<H", data, start)[0]
    directory = start + (0x70 if magic == 0x20B else 0x60) + 4 * 8
    offset, size = struct.unpack_from("<II", data, directory)
    kept = data[: start + 64] + data[start + 68 : directory] + data[directory + 8 : offset or None]
    return hashlib.new(algorithm, kept).digest()


def member(path, algorithm, names):
    data = open(path, "rb").read()
    is_image = data[:2] == b"MZ"
    digest = image_digest(data, algorithm) if is_image else hashlib.new(algorithm, data).digest()
    kind = "1.3.6.1.4.1.311.2.1.15" if is_image else "1.3.6.1.4.1.311.2.1.25"
    link = sequence(der(3, b"\0"), der(0xA0, der(0xA2, der(0x80)))) if is_image else der(0xA2, der(0x80))
    indirect = sequence(
        sequence(identifier(kind), link),
        sequence(sequence(identifier(ALGORITHMS[algorithm]), NULL), octets(digest)),
    )
    attributes = [sequence(identifier("1.3.6.1.4.1.311.2.1.4"), of(indirect))]
    if names:
        name = path.rsplit("/", 1)[-1]
        value = sequence(
            der(0x1E, "File".encode("utf-16-be")),
            der(2, b"\x10\x01\0\x01"),
            octets((name + "\0").encode("utf-16-le")),
        )
        attributes.append(sequence(identifier("1.3.6.1.4.1.311.12.2.1"), of(value)))
    tag = digest.hex().upper().encode("utf-16-le") if algorithm == "sha1" else digest
    return sequence(octets(tag), of(*attributes))


def main(words):
    options = {word for word in words if word in ("--sha1", "--no-names")}
    files = [word for word in words if word not in options]
    algorithm = "sha1" if "--sha1" in options else "sha256"
    members = [member(path, algorithm, "--no-names" not in options) for path in files[1:]]
    trust_list = sequence(
        sequence(identifier("1.3.6.1.4.1.311.12.1.1")),
        octets(b"0123456789abcdef"),
        der(0x17, b"240101000000Z"),
        sequence(identifier("1.3.6.1.4.1.311.12.1.3"), NULL),
        sequence(*members),
    )
    signed = sequence(
        der(2, b"\1"),
        of(sequence(identifier(ALGORITHMS[algorithm]), NULL)),
        sequence(identifier("1.3.6.1.4.1.311.10.1"), der(0xA0, trust_list)),
        of(),
    )
    with open(files[0], "wb") as out:
        out.write(sequence(identifier("1.2.840.113549.1.7.2"), der(0xA0, signed)))


main(sys.argv[1:])
