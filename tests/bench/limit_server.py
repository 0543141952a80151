"""Serves what is named as `hearth serve` serves Hearth: the same granian, set up alike."""

import sys

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from api.serving import BACKPRESSURE, HEADER_MILLISECONDS
from api.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    Granian(
        sys.argv[1],
        address=settings.host,
        port=settings.port,
        backpressure=BACKPRESSURE,
        factory=True,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        interface=Interfaces.ASGI,
        log_level=LogLevels.warning,
        loop=Loops.uvloop,
        workers=1,
        workers_kill_timeout=15,
    ).serve()
