"""Processes under measurement: started on a core of their own, their CPU time, stopped by id."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int | None, int | None]:
    """The core of the server, and that of PostgreSQL and the load; None where there is one only."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def pin(pid: int, core: int | None) -> None:
    """Keep a process, all below it and all that it will start on one core."""
    if core is None:
        return
    for each in family(pid):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(each, {core})


def cpu_seconds(pid: int) -> float:
    """CPU time that a process and its living descendants have used."""
    ticks = 0
    for each in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


@dataclass(frozen=True)
class Started:
    """A server that answers on a port."""

    pid: int
    port: int


@contextlib.contextmanager
def started(
    command: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    ready: str,
    log: Path,
    core: int | None,
) -> Iterator[Started]:
    """Run a server for the length of the block; `ready` is the path that answers once it can."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*pinned, *command],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}{ready}", log)
            yield Started(process.pid, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers, if only to say that this is no question
        except OSError:
            time.sleep(0.1)
    last = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"A server did not start; the end of its log:\n{last}")
