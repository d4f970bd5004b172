"""Ties a process to the life of the one that started it."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM, *, parent: int | None = None) -> None:
    """Ask the kernel for `death_signal` when the parent ends; where there is no such call (macOS), do nothing.

    Shape: `parent` is who the parent was when it forked; if it has ended already, this process ends too.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
