"""hive_xml.py DUMP < XML: does hivexml find in a hive what hive_dump does? Prints what differs.

hivexml tells strings up to their NUL and numbers by their first bytes, so that is compared; data of
other types are compared as a whole.
"""
import base64
import calendar
import sys
import time
import xml.etree.ElementTree as ElementTree

sys.setrecursionlimit(10000)

TYPES = {0: "none", 1: "string", 2: "expand", 3: "binary", 4: "int32", 5: "int32", 6: "link",
         7: "string-list", 8: "resource-list", 9: "resource-description",
         10: "resource-requirements", 11: "int64"}


def text_of(data):
    return data.decode("utf-16-le", "surrogatepass").split("\0")[0]


def as_xml(kind, data):
    """What hivexml makes of data of a type."""
    if kind in (1, 2, 6):
        return text_of(data)
    if kind in (4, 5):
        return str(int.from_bytes(data[:4], "big" if kind == 5 else "little", signed=True))
    if kind == 11:
        return str(int.from_bytes(data[:8], "little", signed=True))
    if kind == 7:
        texts = data.decode("utf-16-le").split("\0")
        return texts[: texts.index("")] if "" in texts else texts
    return data


def walk_xml(node, path):
    stamp = calendar.timegm(time.strptime(node.find("mtime").text, "%Y-%m-%dT%H:%M:%SZ"))
    yield path, stamp
    for value in node.findall("value"):
        kind = value.get("type")
        data = value.get("value")
        if value.get("encoding") == "base64":
            data = base64.b64decode(data)
        if kind == "string-list":
            data = [text.text for text in value.findall("string")]
        yield path, value.get("key", ""), kind, data
    for child in node.findall("node"):
        yield from walk_xml(child, path + "\t" + child.get("name"))


def read_dump(name):
    for line in open(name, encoding="utf-8", errors="surrogatepass"):
        key, _, rest = line.rstrip("\n").partition("\x1f")
        if "\x1f" not in rest:
            yield key, int(rest)
            continue
        value, kind, data = rest.split("\x1f")
        kind = int(kind)
        yield key, value, TYPES.get(kind, "unknown"), as_xml(kind, bytes.fromhex(data))


found = list(walk_xml(ElementTree.parse(sys.stdin).getroot().find("node"), ""))
wanted = list(read_dump(sys.argv[1]))
for first, second in zip(found, wanted):
    if first != second:
        print("hivexml:", str(first)[:200])
        print("here:   ", str(second)[:200])
        sys.exit(1)
if len(found) != len(wanted):
    sys.exit(f"hivexml finds {len(found)} keys and values, here are {len(wanted)}")
if len(found) < 2:
    sys.exit("there is nothing to compare")
