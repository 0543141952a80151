"""offers by kind and place.

Revises b7d2c41f08ae. Tables only: schema/policies is applied after every run.
In the run's one transaction, so not CONCURRENTLY: writes of offers wait while it is built, about
a second for a million.
"""

import sqlalchemy as sa
from alembic import op

revision = "d3a97c5e10b6"
down_revision = "b7d2c41f08ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "offer_open_kind_location",
        "offer",
        ["kind_code", "location_code", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'OPEN'"),
    )


def downgrade() -> None:
    op.drop_index(
        "offer_open_kind_location", table_name="offer", postgresql_where=sa.text("status = 'OPEN'")
    )
