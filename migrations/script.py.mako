"""${message}.

Revises ${down_revision | comma,n}. Tables only: schema/policies is applied after every run.
A change to a table that is in use goes in steps that old and new code both live with: add as
nullable, fill, then constrain; what old code still reads or writes is taken away a version later
(docs/operating.md). Locks are waited for 5 s and statements run 60 s at most, all in one
transaction. What takes longer goes into a revision of its own that says `is_online = True`, a
step at a time, each safe to run again after it was killed:

    briefly("ALTER TABLE offer ADD COLUMN IF NOT EXISTS rooms integer")
    fill("offer", "rooms = places", "rooms IS NULL")
    briefly(
        "ALTER TABLE offer DROP CONSTRAINT IF EXISTS offer_rooms",
        "ALTER TABLE offer ADD CONSTRAINT offer_rooms CHECK (rooms IS NOT NULL) NOT VALID",
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE offer VALIDATE CONSTRAINT offer_rooms")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS offer_title")  # an INVALID one may be left
        op.create_index("offer_title", "offer", ["title"], postgresql_concurrently=True)

`briefly` and `fill` are migrations/online.py's.
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
