"""A look at a contact names who looked, as people know them.

Revises 8d20c6f4a1b7.
"""

import sqlalchemy as sa
from alembic import op

revision = "b47e19d3c5a8"
down_revision = "8d20c6f4a1b7"
branch_labels = None
depends_on = None

_NAMED = """
    UPDATE contact_look SET name = coalesce(
        (SELECT name FROM member WHERE member.subject = contact_look.subject), subject
    )
"""


def upgrade() -> None:
    op.add_column("contact_look", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.execute(_NAMED)


def downgrade() -> None:
    op.drop_column("contact_look", "name")
