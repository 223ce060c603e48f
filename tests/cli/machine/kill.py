"""A machine is killed at random points while services and the registry change (keeper.c).

    kill.py RINGSIDE ROUNDS SEED

In each round keeper.exe shows what is there: that must be the state after some step which is not
before the last one that was acknowledged; only the step on which the machine died may be half done.
Then keeper.exe goes on from there until it is killed, and the machine boots.
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

ringside, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
folder = os.environ["RINGSIDE_HOME"] + "/default"
CYCLE = 100  # steps in which each name is changed, and more


def call(*words, wanted=(0,)):
    done = subprocess.run([ringside, *words], capture_output=True, text=True, timeout=30)
    if done.returncode not in wanted:
        sys.exit(f"ringside {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def apply(state, n):
    """What keeper.c's step n does. Returns the name of what it changes."""
    if n % 4 != 3:
        name = f"v{n % 64}"
        state[name] = str(n)
        return name
    name = f"kill{n // 4 % 8}"
    if n // 32 % 3 == 2:
        state.pop(name, None)
    else:
        state[name] = f"\\??\\C:\\drivers\\k{n}.sys"
    return name


def find_step(state, start, seen):
    """The step, from `start` on, before which things were as they are seen; moves `state` there.

    That can be far on: the acknowledgements of many steps may have been on their way.
    """
    last = max([start] + [int(text) for value in seen.values() for text in re.findall(r"\d+", value)])
    for n in range(start, last + CYCLE):
        before = dict(state) if n > last - CYCLE else None
        name = apply(state, n)
        if before is not None and {**before, name: None} == {**seen, name: None}:
            state.clear()
            state.update(before)
            return n
    return None


def survivors():
    """What keeper.exe shows of the last round."""
    seen = {}
    for line in call("exec", "keeper.exe").splitlines():
        kind, name, value = line.split()
        seen[name] = value
    return seen


def read_hives():
    for name in ("SYSTEM", "SOFTWARE"):
        path = f"{folder}/registry/{name}"
        if os.path.exists(path):
            subprocess.run(["hivexml", path], check=True, stdout=subprocess.DEVNULL, timeout=30)


def kill(what, pids):
    for name in what:
        try:
            os.kill(pids[name], signal.SIGKILL)
        except ProcessLookupError:
            pass  # the other's death was its own


def look(state, known):
    """Returns the step to go on from; `known` is the first that was not acknowledged."""
    before, seen = dict(state), survivors()
    step = find_step(state, known, seen)
    if step is None:
        missing = {k: v for k, v in before.items() if seen.get(k) != v}
        sys.exit(f"what is there is not the state after any step from {known} on: {missing}")
    return step


def change_until_killed(state, step, what):
    """Returns the first step that was not acknowledged."""
    pids = json.loads(call("status", "--json"))
    process = subprocess.Popen([ringside, "exec", "keeper.exe", str(step)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    time.sleep(chance.uniform(0, 0.05))
    kill(what, pids)
    for line in process.stdout:
        if not line.endswith("\n"):
            break
        if line.strip() != str(step):
            sys.exit(f"step {step} said: {line}")
        apply(state, step)
        step += 1
    process.wait()
    wait_for_end([pids["process"]] if what == ["process"] else [pids["server"], pids["process"]])
    return step


def kill_while_it_boots():
    """Whoever holds the lock is killed: the command, or the server that it has started."""
    process = subprocess.Popen([ringside, "boot"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(chance.uniform(0, 0.02))
    with open(f"{folder}/lock") as lock:
        holder = int(lock.read() or "0")
    if holder and alive(holder):
        os.kill(holder, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 5
    while "is up" not in call("boot", wanted=(0, 100)):
        call("shutdown", wanted=(0, 100, 102, 104))  # the command was killed, the server lives
        if time.monotonic() > end:
            sys.exit("the machine is neither up nor down")
    call("shutdown")


def boot(what):
    if what == ["process"]:
        call("reboot", wanted=(0, 102))
        return
    if chance.random() < 0.3:
        kill_while_it_boots()
    call("boot")


def main():
    state, step, total = {}, 0, 0
    call("boot")
    for number in range(rounds):
        start = look(state, step)
        what = chance.choice([["server"], ["process"], ["process", "server"], ["server", "process"]])
        step = change_until_killed(state, start, what)
        total += step - start
        if number % 10 == 0:
            read_hives()
        boot(what)
    look(state, step)
    print(f"{rounds} times killed, {total} changes kept")
    call("shutdown")
    read_hives()


def wait_for_end(pids):
    """The machine's process dies with the server, a moment later."""
    end = time.monotonic() + 5
    while any(alive(pid) for pid in pids):
        if time.monotonic() > end:
            sys.exit("the machine outlives its server")
        time.sleep(0.002)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


main()
