"""PostGraphile's home: node and its packages, installed once outside the tree."""

import os
import shutil
import subprocess
from pathlib import Path

import orjson

from tests.bench.load import MissingError

PACKAGES = ("postgraphile@5", "graphql@16")
OLDEST_NODE = 22


def home() -> Path:
    """Where it is: HEARTH_BENCH_NODE, or a folder among the user's caches."""
    named = os.environ.get("HEARTH_BENCH_NODE")
    return Path(named) if named else Path.home() / ".cache" / "hearth-bench"


def installed() -> tuple[Path, Path]:
    """(node, the folder that holds node_modules), installed now if need be; or MissingError."""
    folder = home()
    if not (folder / "node_modules" / "postgraphile").is_dir():
        _install(folder)
    return _node(folder), folder


def _node(folder: Path) -> Path:
    for found in (folder / "node_modules" / ".bin" / "node", shutil.which("node")):
        if found and _version(found) >= OLDEST_NODE:
            return Path(found)
    raise MissingError(f"PostGraphile needs node {OLDEST_NODE} or newer.")


def _version(node: Path | str) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.stdout.strip().removeprefix("v").partition(".")[0])


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise MissingError("PostGraphile is installed by npm; install nodejs and npm.")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(PACKAGES)
    if _version("node") < OLDEST_NODE:
        wanted.append("node@24")  # npm's package of that name brings a node of its own
    commands = [["install", "--no-audit", "--no-fund", *wanted]]
    if len(wanted) > len(PACKAGES):
        # Its install script fetches the program; newer npm runs one only where it is approved.
        commands += [["install-scripts", "approve", "node"], ["rebuild", "node"]]
    for command in commands:
        subprocess.run([npm, *command], cwd=folder, capture_output=True, check=False, timeout=600)
    if not (folder / "node_modules" / "postgraphile").is_dir():
        raise MissingError(f"npm could not install {' '.join(wanted)} into {folder}.")


def versions(folder: Path) -> str:
    """The versions in use, in words."""
    node = subprocess.run([_node(folder), "--version"], capture_output=True, text=True, check=True)
    package = folder / "node_modules" / "postgraphile" / "package.json"
    version = orjson.loads(package.read_bytes())["version"]
    return f"PostGraphile {version} on node {node.stdout.strip()}"
