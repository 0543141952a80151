"""The query for who is asking."""

import strawberry
from sqlalchemy import literal_column, select

from schema.types.reads import Rows, Scope, lookup
from schema.types.viewer import Viewer


def _viewer(scope: Scope) -> Rows:
    """Who is asking, as the database knows them."""
    return Rows(select(literal_column("1").label("one")).subquery())


@strawberry.type
class ViewerQueries:
    """The query for who is asking."""

    viewer: Viewer = lookup(_viewer)
