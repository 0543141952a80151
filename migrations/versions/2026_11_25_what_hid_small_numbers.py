"""with what the small numbers of a release were hidden.

Revises 4c1b7e90d2fa. Of releases made before, nobody knows.
"""

import sqlalchemy as sa
from alembic import op

revision = "5f1b86e07c3d"
down_revision = "4c1b7e90d2fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report_release", sa.Column("made_with", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("report_release", "made_with")
