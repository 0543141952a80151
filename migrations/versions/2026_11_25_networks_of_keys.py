"""The networks that an API key may be used from.

Revises 0e9a4d7b61c2. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CIDR

revision = "4c1b7e90d2fa"
down_revision = "0e9a4d7b61c2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "api_key", sa.Column("networks", sa.ARRAY(CIDR()), server_default="{}", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("api_key", "networks")
