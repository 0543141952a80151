"""`python -m api`: the same as `hearth`."""

from api.cli import app

app()
