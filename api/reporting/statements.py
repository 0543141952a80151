"""The SQL that making releases runs, composed once."""

from sqlalchemy import bindparam, func, select

from api.store.composed import Composed
from schema.types import rows
from schema.words import Edition

_release, _edition, _row = rows.report_release, rows.report_edition, rows.report_row

# Whoever is writing history finishes first; whoever comes after writes it down as later.
LOCK = "LOCK TABLE check_event, offer_event, request_event, route_fact IN SHARE MODE"
MINE = "SELECT pg_try_advisory_lock(hashtext('hearth report'))"
DONE = "SELECT pg_advisory_unlock_all()"
OF_PERIOD = Composed(
    select(_release)
    .where(_release.c.name == bindparam("name"), _release.c.period == bindparam("period"))
    .order_by(_release.c.number)
)
KEPT = Composed(
    select(_release, _edition.c.checksum, _edition.c.row_count)
    .join(_edition, _edition.c.release_id == _release.c.id)
    .where(_edition.c.edition == Edition.PUBLIC.value)
    .order_by(_release.c.released_at, _release.c.id)
)
ROWS = Composed(
    select(_row.c.shown, _row.c.hidden)
    .where(_row.c.release_id == bindparam("release_id"), _row.c.edition == bindparam("edition"))
    .order_by(_row.c.position)
)
BEFORE = Composed(
    select(_release)
    .where(_release.c.name == bindparam("name"), _release.c.released_at < bindparam("released_at"))
    .order_by(_release.c.period, _release.c.number)
)
TOLD = "CREATE TEMPORARY TABLE told (LIKE report_row) ON COMMIT DROP"
CHECKSUMS = Composed(
    select(_edition.c.edition, _edition.c.checksum).where(
        _edition.c.release_id == bindparam("release_id")
    )
)
IS_THERE = Composed(
    select(func.count())
    .select_from(_release)
    .where(_release.c.name == bindparam("name"), _release.c.period == bindparam("period"))
)
PUT_RELEASE = Composed(_release.insert().values(dict.fromkeys(_release.c.keys())))
PUT_EDITION = Composed(_edition.insert().values(dict.fromkeys(_edition.c.keys())))
