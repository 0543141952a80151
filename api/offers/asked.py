"""The checks that a route's duties ask for before anybody moves into an offer.

That a council must check homes, or the people in them, is a dated fact of a route, with its
source; so what an offer owes follows from the routes that it accepts, and from the household's.
"""

from collections.abc import Iterable
from uuid import UUID

from api.offers import statements
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.words import CheckKind, CheckState

_Duties = dict[str, tuple[CheckKind, ...]]
# Whom or what a duty looks at, by the duty's kind of support.
_HOME: _Duties = {
    "accommodation-checks": (CheckKind.ACCOMMODATION_EXISTS, CheckKind.ACCOMMODATION_SUITABLE)
}
_SPONSOR: _Duties = {"dbs-checks": (CheckKind.SPONSOR_SUITABLE,)}
DUTIES = {"accommodation": _HOME, "hosting": {**_HOME, **_SPONSOR}}
"""By the offer's kind of support: what each duty asks for. Other kinds house nobody."""


async def missing(
    change: Change, offer_id: UUID, kind_code: str, routes: Iterable[str | None]
) -> list[CheckKind]:
    """The checks that these routes ask for now and that nobody has begun to record."""
    duties = DUTIES.get(kind_code)
    codes = [code for code in routes if code]
    if not duties or not codes:
        return []
    found = await change.connection.fetch(statements.MUST_CHECK, codes, list(duties))
    begun = await statements.CHECKS.rows(change.connection, offer_id=offer_id)
    known = {row["kind"] for row in begun}
    asked = [kind for row in found for kind in duties[row["kind"]]]
    return [kind for kind in asked if kind not in known]


async def ask(
    change: Change, offer_id: UUID, council_gss: str, kind_code: str, routes: Iterable[str]
) -> None:
    """Note as not started what these routes ask for, so that it is seen to be due."""
    for kind in await missing(change, offer_id, kind_code, routes):
        await statements.PUT_CHECK.run(
            change.connection,
            id=uuid7(),
            offer_id=offer_id,
            council_gss=council_gss,
            kind=kind.value,
            state=CheckState.NOT_STARTED.value,
            failure_reason=None,
            done_on=None,
        )
