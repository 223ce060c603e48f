#!/usr/bin/env python3
"""Runs tutorials: types the commands of their transcripts into terminals and compares the screens.

    RINGSIDE=build/ringside tests/tutorials/run.py [--update] docs/tutorials/NAME.md...

The form of a transcript is described in docs/tutorials/README.md. Each tutorial is run in a folder of
its own, with a home of its own; the machines that it leaves behind are shut down. A screen that
differs is shown as a diff, and ends the tutorial. --update writes what appears into the tutorial
instead; placeholders stay where they still match.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 30  # seconds until an expected text must be there
QUIET = 1.0  # --update: an open step has shown all that it will after so many silent seconds
ANY = "…"
ENTER = "⏎"
SHELL, GDB, OPEN = "shell", "gdb", "open"  # what ends a step: a prompt, or nothing but its last line
PROMPT = {SHELL: "\x1e", GDB: "(gdb) "}
BLOCK = re.compile(r"console(?: terminal=(\d+))?( continued)?")


class Failure(Exception):
    pass


# ---- tutorials ----


class Step:
    """What is typed, and the lines that appear because of it until the next step of the terminal."""

    def __init__(self, terminal, line, keys):
        self.terminal = terminal
        self.line = line  # of the file, counted from 0: of what is typed, or the one before the output
        self.keys = keys  # None: output of a program that runs already
        self.output = []
        self.end = SHELL


def read_keys(text):
    """What a line of a block types, and at which prompt; None for a line of output."""
    if text.startswith("$ "):
        return text[2:] + "\n", SHELL
    if text.startswith("(gdb) "):
        return text[6:] + "\n", GDB
    if text == "^C":
        return "\x03", OPEN
    if text.endswith(ENTER):
        return text[: -len(ENTER)] + "\n", OPEN
    return None


def read_block(name, lines, start, steps, last):
    """Reads one block, from the line with its fence on; returns the line of the closing fence."""
    match = BLOCK.fullmatch(lines[start][3:].strip())
    if not match:
        raise Failure(f"{name}:{start + 1}: no such kind of block: {lines[start]}")
    terminal = int(match[1] or 1)
    step = last.get(terminal) if match[2] else None
    if match[2] and not step:
        raise Failure(f"{name}:{start + 1}: terminal {terminal} has nothing to continue")
    for number in range(start + 1, len(lines)):
        if lines[number].startswith("```"):
            last[terminal] = step
            return number
        keys = read_keys(lines[number])
        if keys:
            if step:
                step.end = keys[1]
            step = Step(terminal, number, keys[0])
            steps.append(step)
        elif not step:
            raise Failure(f"{name}:{number + 1}: output before the first command of the block")
        else:
            if number == start + 1:  # output of what the block before has started
                step.end = OPEN
                step = Step(terminal, start, None)
                steps.append(step)
            step.output.append(lines[number])
    raise Failure(f"{name}:{start + 1}: a block without an end")


def read_tutorial(name, lines):
    """The steps of all blocks, in order. Nothing that looks like a transcript may be left out."""
    steps, last, number = [], {}, 0
    while number < len(lines):
        if lines[number].startswith("```console"):
            number = read_block(name, lines, number, steps, last)
        elif lines[number].startswith("$ ") or lines[number].strip().startswith("```console"):
            raise Failure(f"{name}:{number + 1}: a transcript that is not in a block of its own")
        number += 1
    if not steps:
        raise Failure(f"{name}: no transcript")
    for step in steps:
        if step.end == OPEN and step.output and step.output[-1] == ANY:
            raise Failure(f"{name}:{step.line + 1}: the last line of what goes on cannot be {ANY}")
    return steps


# ---- comparing ----


def line_matches(wanted, line):
    parts = [re.escape(part) for part in wanted.split(ANY)]
    return re.fullmatch(".*".join(parts), line) is not None


def moves(wanted, shown, i, j):
    """How the comparison may go on at line i of the tutorial and j of the screen: what it costs,
    how many lines of each it takes, and the pair of lines that it makes."""
    if i < len(wanted) and wanted[i] == ANY:
        yield 0, 1, 0, (ANY, ANY)
        if j < len(shown):
            yield 0, 0, 1, None
    elif i < len(wanted) and j < len(shown) and line_matches(wanted[i], shown[j]):
        yield 0, 1, 1, (wanted[i], shown[j])
    if i < len(wanted):
        yield 1, 1, 0, (wanted[i], None)
    if j < len(shown):
        yield 1, 0, 1, (None, shown[j])


def align(wanted, shown):
    """Pairs of lines (wanted or None, shown or None) with the fewest differences, and their number."""
    cost = {(len(wanted), len(shown)): 0}
    best = {}
    for i in range(len(wanted), -1, -1):
        for j in range(len(shown), -1, -1):
            for price, down, right, pair in moves(wanted, shown, i, j):
                total = price + cost[i + down, j + right]
                if total < cost.get((i, j), total + 1):
                    cost[i, j], best[i, j] = total, (down, right, pair)
    pairs, i, j = [], 0, 0
    while (i, j) in best:
        down, right, pair = best[i, j]
        if pair:
            pairs.append(pair)
        i, j = i + down, j + right
    return pairs, cost[0, 0]


def difference(pairs):
    marks = {(True, True): " ", (True, False): "-", (False, True): "+"}
    return "\n".join(
        marks[wanted is not None, shown is not None] + (wanted if wanted is not None else shown)
        for wanted, shown in pairs
    )


def trim(lines):
    """Without blanks at the ends of lines, and without empty lines at the end."""
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


# ---- terminals ----


class Terminal:
    """A shell in a pseudo terminal; `screen` is what it has shown and no step has consumed."""

    def __init__(self, folder, environment):
        self.screen = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.process, self.file = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], environment)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))

    def read(self, seconds):
        """More of the screen; FALSE when there was nothing for so long."""
        if not select.select([self.file], [], [], seconds)[0]:
            return False
        try:
            text = self.decoder.decode(os.read(self.file, 65536))
        except OSError:
            raise Failure("the shell ended")
        self.screen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)
        return True

    def wait_for(self, is_there):
        end = time.monotonic() + TIMEOUT
        while not is_there():
            if not self.read(max(0, end - time.monotonic())):
                return False
        return True

    def type(self, keys):
        os.write(self.file, keys.encode())
        echo = "^C" if keys == "\x03" else keys
        if not self.wait_for(lambda: len(self.screen) >= len(echo)) or not self.screen.startswith(echo):
            raise Failure(f"typed {keys!r}, and the terminal shows {self.screen!r}")
        self.screen = self.screen[len(echo) :]

    def close(self):
        os.close(self.file)  # ends the shell and what runs in it
        for _ in range(100):
            if os.waitpid(self.process, os.WNOHANG)[0]:
                return
            time.sleep(0.05)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


class Runner:
    def __init__(self, name, update, folder, environment):
        self.name, self.update = name, update
        self.folder, self.environment = folder, environment
        self.terminals = {}

    def terminal(self, number):
        if number not in self.terminals:
            terminal = self.terminals[number] = Terminal(self.folder, self.environment)
            terminal.wait_for(lambda: terminal.screen.endswith(PROMPT[SHELL]))
            terminal.screen = ""
        return self.terminals[number]

    def until_open(self, step, terminal):
        """The whole lines of the screen, once they are those of the step; the rest stays."""

        def whole():
            return trim(terminal.screen[: terminal.screen.rfind("\n") + 1].split("\n"))

        if self.update:
            while terminal.read(QUIET if terminal.screen or not step.output else TIMEOUT):
                pass
        else:
            terminal.wait_for(lambda: align(trim(step.output), whole())[1] == 0)
        lines = whole()
        terminal.screen = terminal.screen[terminal.screen.rfind("\n") + 1 :]
        return lines, True

    def until_prompt(self, step, terminal):
        """The screen up to the prompt, and whether that came."""
        prompt = PROMPT[step.end]
        line_start = "" if step.end == SHELL else "\n"  # a program's last line may have no end
        ended = terminal.wait_for(lambda: ("\n" + terminal.screen).endswith(line_start + prompt))
        shown, terminal.screen = terminal.screen, ""
        return trim(shown.removesuffix(prompt).split("\n")), ended

    def run(self, step):
        """One step. Returns the lines that belong into the tutorial."""
        where = f"{self.name}:{step.line + 1}"
        try:
            terminal = self.terminal(step.terminal)
            if step.keys:
                terminal.type(step.keys)
            wait = self.until_open if step.end == OPEN else self.until_prompt
            shown, ended = wait(step, terminal)
        except Failure as failure:
            raise Failure(f"{where}: {failure}")
        pairs, count = align(trim(step.output), shown)
        if self.update and ended:
            return [shown if wanted is None else wanted for wanted, shown in pairs if shown is not None]
        if count:
            raise Failure(f"{where}: the screen differs (- tutorial, + screen)\n{difference(pairs)}")
        if not ended:
            raise Failure(f"{where}: no prompt of the {step.end} within {TIMEOUT} s")
        return step.output

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()


# ---- a run ----


def make_environment(ringside, home):
    environment = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    environment.update(
        PATH=os.path.dirname(ringside) + ":" + os.environ["PATH"],
        HOME=home,
        RINGSIDE_HOME=os.path.join(home, ".local/share/ringside"),  # its value by default
        TERM="dumb",
        NO_COLOR="1",
        PS1=PROMPT[SHELL],
        PS2="",
    )
    return environment


def end_machines(ringside, environment):
    machines = environment["RINGSIDE_HOME"]
    for name in os.listdir(machines) if os.path.isdir(machines) else []:
        subprocess.run([ringside, "shutdown", name], env=environment, capture_output=True, timeout=60)


def run_steps(runner, steps):
    """Runs the steps until one fails. Returns the new output of each that ran, and the failure."""
    outputs = []
    for step in steps:
        try:
            outputs.append(runner.run(step))
        except Failure as failure:
            return outputs, f"{failure}\n{len(steps) - len(outputs) - 1} steps after it were not run"
    return outputs, None


def write_back(path, lines, steps, outputs):
    for step, output in reversed(list(zip(steps, outputs))):
        lines[step.line + 1 : step.line + 1 + len(step.output)] = output
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def run_tutorial(path, ringside, update):
    name = os.path.relpath(path, TOP)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    steps = read_tutorial(name, lines)
    scratch = tempfile.mkdtemp()
    folder, home = os.path.join(scratch, "ringside"), os.path.join(scratch, "home")
    environment = make_environment(ringside, home)
    runner = Runner(name, update, folder, environment)
    try:
        os.mkdir(home)
        shutil.copytree(os.path.join(TOP, "examples"), os.path.join(folder, "examples"))
        outputs, failure = run_steps(runner, steps)
    finally:
        runner.close()
        end_machines(ringside, environment)
        shutil.rmtree(scratch)
    if update:
        write_back(path, lines, steps, outputs)
    if failure:
        raise Failure(failure)
    print(f"{name}: {len(steps)} steps, {len(runner.terminals)} terminals")


def main(words):
    ringside = os.environ.get("RINGSIDE")
    update = "--update" in words
    paths = [word for word in words if word != "--update"]
    if not ringside or not paths or any(path.startswith("-") for path in paths):
        sys.exit(__doc__)
    failed = 0
    for path in paths:
        try:
            run_tutorial(os.path.abspath(path), os.path.realpath(ringside), update)
        except Failure as failure:
            print(failure)
            failed += 1
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
