"""Load by wrk: 16 connections from one thread, the requests of a file in turn."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import orjson

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("load.lua")


class MissingError(RuntimeError):
    """A program that the benchmark needs isn't there; the message says how to get it."""


@dataclass(frozen=True)
class Load:
    """What wrk saw: latencies in milliseconds; an error is no answer, or a status but 2xx."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def wrk() -> str:
    """wrk's path; raises MissingError."""
    found = shutil.which("wrk")
    if not found:
        raise MissingError("The load comes from wrk; install it: apt-get install wrk.")
    return found


def write(file: Path, requests: list[tuple[str, bytes]]) -> None:
    """Write requests, each a token ('' for none) and a body, as the script reads them."""
    file.write_bytes(b"".join(token.encode() + b"\t" + body + b"\n" for token, body in requests))


def run(url: str, file: Path, *, seconds: float, core: int | None, once: bool = False) -> Load:
    """Load `url` for so many seconds; with `once`, until the file's end if that is sooner."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout=10s"]
    arguments = [str(file), *(["once"] if once else [])]
    command = [*pinned, wrk(), *options, "-s", str(SCRIPT), url, "--", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, timeout=seconds + 60)
    line = next(line for line in done.stdout.splitlines() if line.startswith(b"{"))
    return Load(**orjson.loads(line))
