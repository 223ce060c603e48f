"""Reads a registration file independently of reg.exe, and prints its values as lines of
"key<TAB>name<TAB>type<TAB>data in hexadecimal", sorted.

    read_reg.py FILE
"""
import re
import sys


def main(path):
    raw = open(path, "rb").read()
    assert raw[:2] == b"\xff\xfe", "no UTF-16LE mark"
    text = raw[2:].decode("utf-16-le")
    header, _, rest = text.partition("\r\n")
    assert header == "Windows Registry Editor Version 5.00", header
    assert "\n" not in rest.replace("\r\n", ""), "a bare line feed"
    assert all(len(line) <= 80 for line in rest.split("\r\n") if line[:2] == "  "), "a long line"
    rows, key = [], None
    for line in rest.replace("\\\r\n  ", "").split("\r\n"):
        if line.startswith("["):
            assert line.endswith("]"), line
            key = line[1:-1]
            rows.append(key)
        elif line:
            match = re.fullmatch(r'(@|"(?:[^"\\]|\\["\\])*")=(.*)', line)
            assert match and key, line
            name = re.sub(r"\\(.)", r"\1", match[1][1:-1]) if match[1] != "@" else "@"
            rows.append("\t".join((key, name, *data(match[2]))))
    print("\n".join(sorted(rows)))


def data(text):
    if text.startswith("dword:"):
        assert re.fullmatch("[0-9a-f]{8}", text[6:]), text
        return "4", int(text[6:], 16).to_bytes(4, "little").hex()
    if text.startswith('"'):
        assert re.fullmatch(r'"(?:[^"\\]|\\["\\])*"', text), text
        return "1", (re.sub(r"\\(.)", r"\1", text[1:-1]) + "\0").encode("utf-16-le").hex()
    match = re.fullmatch(r"hex(?:\(([0-9a-f]+)\))?:((?:[0-9a-f]{2}(?:,|$))*)", text)
    assert match, text
    return match[1] or "3", match[2].replace(",", "")


main(sys.argv[1])
