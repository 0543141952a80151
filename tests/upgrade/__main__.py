"""`make test-upgrade FROM=REVISION`: whether Hearth as it was then serves on over today's schema.

While new servers replace old ones, both work over the schema of the new. So the code and the tests
of the earlier revision are taken, with what that pinned; a database is migrated by today's code;
and those of the tests that ask over HTTP are run against the earlier code over it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
# What asks over HTTP: tests of faults end servers, and wait.
TESTS = ("tests/api", "tests/test_end_to_end.py")


def _python(earlier: Path) -> Path:
    """The Python with what the earlier revision pinned; this one where that is the same."""
    if all((earlier / lock).read_bytes() == (ROOT / lock).read_bytes() for lock in LOCKS):
        return Path(sys.executable)
    made = ["make", "-C", str(earlier), ".venv/test"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    return earlier / ".venv" / "bin" / "python"


def _tested(earlier: Path, given: list[str]) -> int:
    environment = {
        **os.environ,
        "NEWER_HEARTH": str(ROOT),
        "NEWER_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(earlier), str(HERE)]),
    }
    options = ["-q", "-p", "newer_schema", "-p", "no:cacheprovider", "--tb=line"]
    command = [str(_python(earlier)), "-m", "pytest", *options, *(given or ["-n", "2", *TESTS])]
    return subprocess.run(command, cwd=earlier, env=environment, check=False).returncode


def main() -> int:
    """Test the revision that is named; pytest's exit code."""
    parser = argparse.ArgumentParser(prog="make test-upgrade FROM=", description=__doc__)
    parser.add_argument("revision", help="the earlier revision, as git names it")
    parser.add_argument("tests", nargs="*", help="which of its tests (options of pytest)")
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        earlier = Path(folder) / "earlier"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", earlier, given.revision], check=True)
        try:
            return _tested(earlier, [*given.tests, *more])
        finally:
            subprocess.run([*git, "remove", "--force", earlier], check=True)


if __name__ == "__main__":
    sys.exit(main())
