"""Run inside the image, by `make image`: who it is, what it finds, and whether the service works.

It needs nothing but the image's own Python, and prints a line for each thing that it looks at.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

INSTALLED = Path("/opt/hearth")
BUILDERS = ("c++", "cargo", "cc", "clang", "g++", "gcc", "ld", "make", "rustc")
CACHES = ("/var/cache/pip", f"{INSTALLED}/.cache")
COUNCILS = 382
SECONDS = 180.0
SECRETS = ("HEARTH_DATABASE_URL", "HEARTH_DATA_KEYS", "HEARTH_KEY_PEPPER", "HEARTH_MIGRATION_URL")
WRITABLE = ("/dev", "/proc", "/run/lock", "/sys", "/tmp", "/var/tmp")


def writable() -> list[str]:
    """The folders that this user may write in, but for those that are there for it."""
    return [
        folder
        for folder, _, _ in os.walk("/")
        if not folder.startswith(WRITABLE) and os.access(folder, os.W_OK)
    ]


def served() -> str:
    """What is wrong with the service over its embedded database; empty if nothing is."""
    given = ["hearth", "demo"]
    server = subprocess.Popen(given, stdout=subprocess.DEVNULL)
    asked = urllib.request.Request(
        "http://127.0.0.1:8000/graphql",
        b'{"query": "{ councils(asOf: \\"2026-11-23\\") { totalCount } }"}',
        {"content-type": "application/json"},
    )
    found, deadline = f"no answer within {SECONDS:.0f} s", time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            return f"`{' '.join(given)}` ended with {server.returncode}"
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                counted = json.load(answer)["data"]["councils"]["totalCount"]
        except OSError:
            time.sleep(0.5)
        else:
            found = "" if counted == COUNCILS else f"{counted} councils"
            break
    server.terminate()
    server.wait(60)
    return found


def main() -> int:
    """Look at everything; 1 if anything is wrong."""
    packages = next(INSTALLED.glob("lib/python*/site-packages"))
    looked: list[tuple[str, object]] = [
        ("runs as nobody in particular", [who for who in (os.getuid(), os.getgid()) if who == 0]),
        ("may write in no folder but /tmp", writable()),
        ("has no compiler", [name for name in BUILDERS if shutil.which(name)]),
        ("has no pip of its own", [*INSTALLED.glob("bin/pip*"), *packages.glob("pip*")]),
        ("has no cache", [name for name in CACHES if os.path.exists(name)]),
        ("has no tests", [*packages.glob("tests")]),
        ("has no setting that is secret", [name for name in SECRETS if name in os.environ]),
        ("serves", served()),
    ]
    for what, found in looked:
        sys.stdout.write(f"WRONG {what}: {found}\n" if found else f"OK    {what}\n")
    return int(any(found for _, found in looked))


if __name__ == "__main__":
    sys.exit(main())
