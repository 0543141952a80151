"""Protected offers are in the middle of their council, like any that names no district.

Revises 5f1b86e07c3d. Rows only: without a place they could be told from all others.
"""

from alembic import op

revision = "8d20c6f4a1b7"
down_revision = "5f1b86e07c3d"
branch_labels = None
depends_on = None

_MOVED = """
    UPDATE offer SET location_code = {place}
    FROM offer_address AS address
    WHERE offer.id = address.offer_id AND address.protected_at IS NOT NULL
"""


def upgrade() -> None:
    middle = "(SELECT code FROM location WHERE code = offer.council_gss)"
    op.execute(_MOVED.format(place=middle))


def downgrade() -> None:
    op.execute(_MOVED.format(place="NULL"))
