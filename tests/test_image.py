"""The image as its Dockerfile makes it, and the service where it can write in one folder alone.

`make image` builds it and looks inside, for which this needs no container engine.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from api.reporting.releasing import Releasing
from schema.words import ReportName
from tests.api.reporting.past import MONTH, months_history
from tests.conftest import CREATE, OXFORD, Hearth
from tests.serving import serving
from tests.test_supply import PINNED
from tests.waiting import PATIENCE

OFFICER = f"council:{OXFORD}"
ROOM = {"kind": "hosting", "title": "Room", "placesTotal": 2}
ROOT = Path(__file__).parents[1]
SECRET = re.compile(r"key|password|pepper|secret|token", re.IGNORECASE)
# A read-only file system, but for the folders in WRITABLE: in any of its processes, Python is
# refused to make, change, move or remove what is elsewhere.
READ_ONLY = """
import errno
import os
import sys

MADE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
WRITABLE = (*os.environ["WRITABLE"].split(os.pathsep), "/dev/null", "/proc")


def guarding(event, arguments):
    if event == "open":
        path, _, flags = arguments
        if not isinstance(path, (str, bytes)) or not flags & MADE:
            return
    elif event in CHANGES:
        path = arguments[0]
    else:
        return
    if not os.path.abspath(os.fsdecode(path)).startswith(WRITABLE):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


sys.addaudithook(guarding)
"""


@dataclass
class Stage:
    """What a FROM begins: its name, and its instructions as (word, rest)."""

    base: str
    name: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """What follows each instruction of this word."""
        return [rest for found, rest in self.instructions if found == word]


def _stages() -> Iterator[Stage]:
    text = re.sub(r"^ *#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    text = text.replace("\\\n", " ")
    stage: Stage | None = None
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            if stage:
                yield stage
            base, _, name = rest.partition(" AS ")
            stage = Stage(base, name)
        elif stage and word:
            stage.instructions.append((word, rest.strip()))
    assert stage
    yield stage


def test_the_last_stage_only_takes_what_the_first_built() -> None:
    first, last = _stages()
    assert (first.name, last.name) == ("build", "")
    # Without a RUN there is no compiler, package index, cache or history of building in it.
    assert {word for word, _ in last.instructions} == {
        *("CMD", "COPY", "ENV", "EXPOSE", "HEALTHCHECK", "USER")
    }
    assert last.all("COPY") == [
        "--from=build /build/passwd /etc/passwd",
        "--from=build /opt/hearth /opt/hearth",
    ]
    assert "/opt/hearth/bin/pip uninstall --yes pip" in first.all("RUN")[-1]
    assert [json.loads(each)[0] for each in last.all("CMD")] == ["hearth"]
    assert "/health/live" in last.all("HEALTHCHECK")[0]


def test_it_runs_as_nobody() -> None:
    *_, last = _stages()
    user, group = last.all("USER")[0].split(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000


def test_what_is_installed_is_pinned_and_kept_nowhere_else() -> None:
    first, _ = _stages()
    installs = [
        shlex.split(each)
        for each in re.split(r"&&", " && ".join(first.all("RUN")))
        if "pip install" in each
    ]
    assert len(installs) == 3
    for _, _, *options in installs:
        assert {"--no-cache-dir", "--no-deps"} <= {*options}
        assert "--require-hashes" in options or options[-1] == "dist/*.whl"


def test_nothing_confidential_is_built_in_or_can_be() -> None:
    stages = [*_stages()]
    for stage in stages:
        assert stage.all("ADD") == []
        for word in ("ARG", "ENV"):
            names = re.findall(r"(\w+)=", " ".join(stage.all(word)))
            assert [name for name in names if SECRET.search(name)] == []
    # What is not let in by name stays out, as would a file of settings or a key beside them.
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    let_in = {each[1:] for each in ignored if each.startswith("!")}
    taken = {name for rest in stages[0].all("COPY") for name in rest.split()[:-1]}
    assert let_in == taken
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {*wheel} <= let_in


def test_all_that_is_in_it_is_in_the_bill_of_materials(tmp_path: Path) -> None:
    made = (ROOT / "Makefile").read_text("utf-8")
    (command,) = re.findall(r"\$\(BIN\)/(cyclonedx-py .*) -o sbom\.json", made)
    name, *given = command.split()
    bill = tmp_path / "sbom.json"
    program = Path(sys.executable).with_name(name)
    subprocess.run([program, *given, "-o", bill], cwd=ROOT, check=True, capture_output=True)
    locked = dict(PINNED.findall((ROOT / "requirements.lock").read_text("utf-8")))
    listed = json.loads(bill.read_bytes())["components"]
    assert {each["name"]: each["version"] for each in listed} == locked


async def test_the_service_needs_to_write_in_no_folder_but_its_temporary_one(
    hearth: Hearth, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks, scratch = tmp_path / "hooks", tmp_path / "tmp"
    hooks.mkdir()
    scratch.mkdir()
    (hooks / "sitecustomize.py").write_text(READ_ONLY)
    for name, value in {
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(hooks), str(ROOT)]),
        "TMPDIR": str(scratch),
        "WRITABLE": str(scratch),
    }.items():
        monkeypatch.setenv(name, value)
    _is_refused(tmp_path / "a")
    token = await hearth.token(OFFICER)
    owner = await hearth.owner()
    await months_history(owner)
    await owner.close()
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        release = await releasing.release(ReportName.CAPACITY_AND_DEMAND, MONTH)
    with serving(hearth.copy, home, workers="1") as (server, port):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE
        ) as client:
            made = {"query": CREATE, "variables": {"input": ROOM}}
            answer = await client.post(
                "/graphql", json=made, headers={"authorization": f"Bearer {token}"}
            )
            assert answer.json()["data"]["createOffer"]["offer"]
            answer = await client.get(f"/reports/release_{release.id}/chart.svg")
            assert answer.text.startswith("<?xml")
            assert server.poll() is None


def _is_refused(file: Path) -> None:
    tried = subprocess.run(
        [sys.executable, "-c", f"open({str(file)!r}, 'w')"], capture_output=True, text=True
    )
    assert "Read-only file system" in tried.stderr
