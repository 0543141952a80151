"""What Hearth is made of: pinned, the same each time, with no secret, and calling nobody."""

import ast
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Hearth

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
SHIPPED = ("api", "migrations", "schema")
# Calls that run what they are given, or build objects from it. The planner's one `exec` compiles
# names and numbers of its own making, and says so beside a reasoned `noqa`.
NEVER = {"eval", "marshal.loads", "pickle.load", "pickle.loads", "yaml.load"}
# Versions below these have known holes.
FLOORS = {"graphql-core": (3, 3, 2), "starlette": (1, 10), "strawberry-graphql": (0, 341)}
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def _modules() -> Iterator[Path]:
    for folder in SHIPPED:
        yield from (ROOT / folder).rglob("*.py")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_with_its_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) > 5
    assert [each.split()[0] for each in blocks if "==" not in each or "--hash=" not in each] == []


def test_what_is_asked_for_is_locked_and_above_its_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = dict(PINNED.findall((ROOT / "requirements.lock").read_text("utf-8")))
    asked = [re.split(r"[\[>=;]", each)[0] for each in project["dependencies"]]
    assert [name for name in asked if name not in locked] == []
    for name, floor in FLOORS.items():
        assert tuple(int(part) for part in re.findall(r"\d+", locked[name])) >= floor, name
    assert "python-multipart" not in locked, "no form is read; if one is, from 0.0.34"


def test_nothing_shipped_runs_what_it_is_given() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.func)}"
        for file in _modules()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in NEVER
    ]
    assert found == []


def test_a_wheel_is_the_same_each_time(tmp_path: Path) -> None:
    built = []
    for name in ("first", "second"):
        folder = tmp_path / name
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        # A folder of another name and another umask make no difference.
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=os.environ)
        (wheel,) = folder.iterdir()
        built.append((wheel.name, wheel.read_bytes()))
    assert built[0] == built[1]


def test_no_secret_is_in_what_is_shipped() -> None:
    paths = [*SHIPPED, "docs", "Dockerfile", "Makefile", "README.md", "pyproject.toml"]
    command = [
        str(Path(sys.executable).with_name("detect-secrets-hook")),
        "--baseline",
        ".secrets.baseline",
    ]
    files = [
        str(file.relative_to(ROOT))
        for path in paths
        for file in ([ROOT / path] if (ROOT / path).is_file() else (ROOT / path).rglob("*"))
        if file.suffix in ("", ".md", ".py", ".sql", ".toml") and file.is_file()
    ]
    checked = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


async def test_a_running_service_calls_nobody(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connecting(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(("127.", "::1")):
            called.append(address)
        connect(self, address)

    def resolving(host: Any, *given: Any, **more: Any) -> Any:
        called.append(host)
        return resolve(host, *given, **more)

    monkeypatch.setattr(socket.socket, "connect", connecting)
    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    await hearth.open()
    await hearth.data("{ availability { totalCount nodes { title council { name } } } }")
    await hearth.data("{ viewer { name } }", who="admin")
    assert (await hearth.client.get("/health/ready")).status_code == 200
    assert called == []
