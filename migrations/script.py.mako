"""${message}.

Revises ${down_revision | comma,n}. Tables only: schema/policies is applied after every run.
A change to a table that is in use goes in steps that old and new code both live with: add as
nullable, fill, then constrain; an index CONCURRENTLY, in an autocommit block.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
