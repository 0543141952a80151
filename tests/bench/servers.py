"""The servers measured: how each is started, and how a question reaches it."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from api.access.tokens import development_issuer
from api.settings import Settings
from api.store.roles import LOGIN
from tests.bench import nodejs
from tests.bench.ground import Ground
from tests.bench.limits import PREFIX, QUESTIONS
from tests.bench.processes import Started, free_port, started
from tests.bench.shapes import Ask, Shape, for_postgraphile

PRESET = Path(__file__).with_name("postgraphile.mjs")
POOL = 8
SERVE = (sys.executable, "-m", "tests.bench.limit_server")


@dataclass(frozen=True)
class Hearth:
    """Hearth itself, by `hearth serve`."""

    name: str = "Hearth"
    command: Sequence[str] = (sys.executable, "-m", "api", "serve")
    extra: Mapping[str, str] = field(default_factory=dict)

    def answers(self, shape: Shape) -> bool:
        """Whether it can be asked this."""
        return shape.path is None or (type(self) is Hearth and self.name == "Hearth")

    def start(self, ground: Ground, *, is_cached: bool) -> AbstractContextManager[Started]:
        """Start it, its answer cache on for questions about that only."""
        port = free_port()
        environment = {
            "HEARTH_DATABASE_URL": ground.embedded.url(LOGIN),
            "HEARTH_DEVELOPMENT": "true",
            "HEARTH_HOME": str(ground.folder),
            "HEARTH_POOL_SIZE": str(POOL),
            "HEARTH_PORT": str(port),
            "HEARTH_WORKERS": "1",
            **({} if is_cached else {"HEARTH_ANSWERS_KEPT": "0"}),
            **self.extra,
        }
        log = ground.folder / f"{self.name}.log"
        return started(self.command, environment, port, "/health/ready", log, ground.core)

    def path(self, shape: Shape) -> str:
        """Where the question goes."""
        return "/graphql"

    def body(self, shape: Shape, ask: Ask) -> bytes:
        """The request's body, or for the feed its path."""
        if shape.path:
            return shape.path(ask).encode()
        return orjson.dumps({"query": shape.hearth, "variables": ask.variables})

    def data(self, shape: Shape, answer: Any) -> Any:
        """The answer's data, as Hearth shapes it."""
        return answer["contents" if shape.path else "data"]


@dataclass(frozen=True)
class Limit(Hearth):
    """The hand-written limit; it gets the same bodies, and goes by the variables."""

    name: str = "hand-written"
    command: Sequence[str] = (*SERVE, "tests.bench.limits:create")

    def answers(self, shape: Shape) -> bool:
        """Whether it can be asked this."""
        return shape.name in QUESTIONS

    def path(self, shape: Shape) -> str:
        """Where the question goes."""
        return PREFIX + shape.name


@dataclass(frozen=True)
class Static(Hearth):
    """Bytes of the same length, for the cached read."""

    name: str = "static"
    command: Sequence[str] = (*SERVE, "tests.bench.limits:create")

    def answers(self, shape: Shape) -> bool:
        """Whether it can be asked this."""
        return shape.is_cached and shape.path is None

    def path(self, shape: Shape) -> str:
        """Where the question goes."""
        return PREFIX + "static"


@dataclass(frozen=True)
class PostGraphile(Hearth):
    """PostGraphile 5, as postgraphile.mjs sets it up."""

    name: str = "PostGraphile"

    def answers(self, shape: Shape) -> bool:
        """Whether it can be asked this."""
        return shape.postgraphile is not None

    def start(self, ground: Ground, *, is_cached: bool) -> AbstractContextManager[Started]:
        """Start it; it has no answer cache."""
        port = free_port()
        node, folder = nodejs.installed()
        issuer = development_issuer(Settings(home=ground.folder))
        environment = {
            "BENCH_KEY": orjson.dumps(issuer.key.as_dict(private=False)).decode(),
            "BENCH_MEMBERS": orjson.dumps(ground.settings_of).decode(),
            "BENCH_POOL": str(POOL),
            "BENCH_PORT": str(port),
            "BENCH_SOCKET": ground.embedded.socket_dir,
            "GRAPHILE_ENV": "production",
            "HEARTH_BENCH_NODE": str(folder),
            "NODE_ENV": "production",
        }
        log = ground.folder / f"{self.name}.log"
        return started([str(node), str(PRESET)], environment, port, "/graphql", log, ground.core)

    def body(self, shape: Shape, ask: Ask) -> bytes:
        """The request's body."""
        variables = for_postgraphile(ask.variables)
        return orjson.dumps({"query": shape.postgraphile, "variables": variables})

    def data(self, shape: Shape, answer: Any) -> Any:
        """The answer's data, as Hearth shapes it."""
        return shape.plain(answer["data"])


def all_servers() -> list[Hearth]:
    """Every server that there is, PostGraphile last."""
    completed = Hearth("graphql-core", (*SERVE, "tests.bench.limits:create_completed"))
    return [Hearth(), Limit(), Static(), completed, PostGraphile()]
