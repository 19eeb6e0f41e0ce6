"""Runs `mcugen` many times with torch imported once: a server that forks for every command, and its client.

Documents show some dozen commands that need torch, and importing it takes most of their time. Every command still is a
process of its own, in the directory and with the environment and standard streams of whoever called the client.
"""

from __future__ import annotations

import json
import os
import socket
import sys

_PRELOADED = ("mcugen.cli.app", "mcugen.compiler", "mcugen.training.checkpoint", "mcugen.quantization.flow")


def start() -> str:
    """Starts a server that ends with this process; returns the command that runs its `mcugen`."""
    import shlex
    import subprocess
    import tempfile
    from pathlib import Path

    path = Path(tempfile.mkdtemp(prefix="mcugen-warm-")) / "socket"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(path)],
        env=environment | {"COLUMNS": "100", "NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    _servers.append(server)
    assert server.stdout is not None
    if not server.stdout.readline():
        raise RuntimeError("mcugen cannot be imported by itself: try `python -m mcugen --help`")
    return shlex.join([sys.executable, "-SE", __file__, str(path)])


_servers: list[object] = []


def call(path: str, arguments: list[str]) -> int:
    """The client: hands its streams, directory, environment and arguments over, and returns the exit code."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"0"], [0, 1, 2])
        connection.sendall(json.dumps([os.getcwd(), dict(os.environ), arguments]).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1)
    return answer[0] if answer else 70


def serve(path: str) -> None:
    """The server: answers until its standard input ends."""
    import importlib
    import select
    import signal

    from mcugen.diagnostics import McugenError

    for name in _PRELOADED:
        try:
            importlib.import_module(name)
        except (ImportError, McugenError):  # An extra that is not installed: then nothing that needs it is run.
            continue
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        os.write(1, b"ready\n")
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([listener, 0], [], [])
            if 0 in ready:
                os.unlink(path)
                os.rmdir(os.path.dirname(path))
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """Runs one command in a child and says how it ended; does not return, neither here nor in the child."""
    import signal

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as message:
        directory, environment, arguments = json.load(message)
    child = os.fork()
    if child == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        # Those of the server were opened on files of another kind, which may have a position where these have none.
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["mcugen", *arguments]

        from mcugen.cli import main

        main()
        sys.exit()
    for stream in streams:
        os.close(stream)
    connection.send(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF]))
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[1], sys.argv[2:]))
