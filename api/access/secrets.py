"""Secrets that development keeps in a file of HEARTH_HOME."""

import os
from collections.abc import Callable
from pathlib import Path


def kept_secret(file: Path, make: Callable[[], bytes]) -> bytes:
    """A file's contents, made at the first call and readable by nobody else."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may start at once: the first to link its secret in place wins.
        mine = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(make())
        try:
            os.link(mine, file)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return file.read_bytes()
