"""Who may see and change which row: row-level security and grants, one SQL file per table.

The files are applied anew after every migration, in one transaction with it, so what they say
is what holds. `_first.sql` takes away everything that an earlier version granted.
"""

from importlib.resources import files


def statements() -> list[tuple[str, str]]:
    """The policies in the order to apply them: (file name, SQL)."""
    found = [entry for entry in files(__package__).iterdir() if entry.name.endswith(".sql")]
    return [(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda e: e.name)]


def reset() -> str:
    """SQL that removes views, functions, policies and grants, so that tables can change."""
    return files(__package__).joinpath("_first.sql").read_text("utf-8")
