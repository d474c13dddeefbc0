"""Run the command `mbcost` as forks of one process that has already imported the slow libraries.

Importing torch takes seconds, and the pages have dozens of commands; a fork starts in hundredths of a second. For the
shell it is like a new process: it has the arguments, the working folder, the environment and the standard streams that
the shell passes on, and it returns its exit code. In addition it tries every table on terminals of several widths, and
says on standard error what is wrong with them; tools/widths.py has the rules.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from tools import ROOT
from tools.widths import try_widths

IMPORTED = ("mbcost.cli.group", "mbcost.measured.own", "mbcost.measured.references", "fvcore.nn", "torchvision", "timm")
"""The modules whose import takes most of the time of the commands that need them."""
CLIENT = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    socket.send_fds(connection, [b"-"], [0, 1, 2])
    connection.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    connection.shutdown(socket.SHUT_WR)
    code = connection.recv(1)
if not code:
    sys.exit("mbcost: the forked process ended without an exit code")
os._exit(code[0])
"""
"""The program `mbcost` for the shell. It sends its arguments, environment and streams to a fork and waits for the exit
code."""


@contextmanager
def forked() -> Iterator[str]:
    """Yield a value of PATH with which `mbcost` is a fork until the context ends.

    Raises:
        RuntimeError: the process to fork does not start. Its own message is on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="mbcost-") as folder:
        address = str(Path(folder) / "socket")
        program = Path(folder) / "mbcost"
        program.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        program.chmod(0o755)
        with subprocess.Popen(
            [sys.executable, "-m", "tools.forks", address],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        ) as server:  # fmt: skip
            assert server.stdin is not None
            assert server.stdout is not None
            if not server.stdout.readline():
                raise RuntimeError("the process whose forks are the commands did not start")
            yield os.pathsep.join([folder, str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
            server.stdin.close()  # ends the server; the system does the same if this process is killed


def serve(address: str) -> None:
    """Fork for every connection to the socket at `address`, until standard input ends."""
    for name in IMPORTED:
        import_module(name)
    try_widths()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies: the clients get the exit codes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while listener.fileno() in select.select([0, listener.fileno()], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _run(connection)
            connection.close()


def _run(connection: socket.socket) -> None:
    """Run the command of one client, send the exit code, and end this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as request:
        arguments, folder, environment = json.load(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["mbcost", *arguments]
    code = 1
    try:
        code = import_module("mbcost.cli").run(arguments)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    connection.sendall(bytes([code]))
    os._exit(code)  # skips the cleanup of torch, which takes a second


if __name__ == "__main__":
    serve(sys.argv[1])
