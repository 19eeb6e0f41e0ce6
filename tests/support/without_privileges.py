"""Root may write everywhere: what permissions forbid is tested in a child process of a user who may not."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

_NOBODY = 65534


def run_without_privileges(function: Callable[[], None]) -> None:
    """Calls the function in a child process, of the user nobody where this one is root's.

    Raises AssertionError with the child's traceback where it raised. What it needs has to be imported before, and files
    have to lie where that user may go, which a test's own directory of root is not.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            function()
            status = 0
        except BaseException:
            os.write(writing, traceback.format_exc().encode()[-4000:])
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    assert status == 0, told or f"the child ended with status {status}"
