"""Connections that no command makes, to the server of the machine whose folder is given.

    attack.py FOLDER crowd N      N connections that stay until the input ends
    attack.py FOLDER nonsense     garbage, half messages, wrong types, floods
"""
import os
import random
import socket
import struct
import sys

folder, what = sys.argv[1], sys.argv[2]
FILE, EXEC, SCRIPT, INPUT, EVENT, FOLLOW, ASK = range(1, 8)


def connect():
    end = socket.socket(socket.AF_UNIX)
    os.chdir(folder)
    end.connect("control")
    end.settimeout(5)
    return end


def message(kind, body=b"", size=None):
    return struct.pack("<IIII", len(body) if size is None else size, kind, 7, 0) + body


def crowd(count):
    ends = [connect() for _ in range(count)]
    print(len(ends), "connected", flush=True)
    sys.stdin.read()


def send(*parts):
    """The server may hang up at any of them."""
    with connect() as end:
        try:
            for part in parts:
                end.sendall(part)
            end.shutdown(socket.SHUT_WR)
            while end.recv(65536):
                pass
        except (ConnectionError, socket.timeout):
            pass


def nonsense():
    chance = random.Random(1)
    for size in (0, 1, 15, 16, 17, 1000, 100000):
        send(chance.randbytes(size))
    send(b"\xff" * 100)
    for kind in range(40):
        for body in (b"", b"\0", b"x", b"x\0" * 500, b"status", chance.randbytes(300)):
            send(message(kind, body))
            send(message(kind, body, size=len(body) + 1))  # half of one
    send(message(ASK, b"", size=(64 << 20) + 1))
    send(message(ASK, b"status\0") * 1000)
    send(message(INPUT, b"y\n" * 1000) * 1000)
    send(message(EXEC, b"\xff\xfe\0\0\0"), message(EXEC, b"sc.exe\0") * 3)
    send(message(EVENT, b"\x63\0\0\0") * 1000)
    send(message(FILE, b"n" * 5000 + b"\0"), message(FILE, b"..\\..\\x\0data"), message(FILE, b"no end"))
    print("sent")


if what == "crowd":
    crowd(int(sys.argv[3]))
else:
    nonsense()
