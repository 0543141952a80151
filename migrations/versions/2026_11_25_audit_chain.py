"""the audit's chain, and whose request an event is about.

Revises b8d29d9f1f2a. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op

revision = "5b0c6f1d2e47"
down_revision = "b8d29d9f1f2a"
branch_labels = None
depends_on = None

# What is there already is chained by the relay, oldest first.
OF_REQUESTS = """
UPDATE audit_event SET request_id = request.id, organisation_id = request.organisation_id
FROM request WHERE subject_type = 'Request' AND subject_id = request.id
"""
OF_MATCHES = """
UPDATE audit_event SET request_id = match.request_id, organisation_id = match.organisation_id
FROM match WHERE subject_type = 'Match' AND subject_id = match.id
"""
AWAIT = "INSERT INTO audit_pending (event_id) SELECT id FROM audit_event"


def upgrade() -> None:
    op.create_table(
        "audit_pending",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("audit_pending_pkey")),
    )
    op.create_table(
        "audit_link",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "chained_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("audit_link_pkey")),
        sa.UniqueConstraint("event_id", name=op.f("audit_link_event_id_key")),
    )
    op.add_column("audit_event", sa.Column("organisation_id", sa.Uuid(), nullable=True))
    op.add_column("audit_event", sa.Column("request_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("audit_event_organisation_id_fkey"),
        "audit_event",
        "organisation",
        ["organisation_id"],
        ["id"],
    )
    op.execute(OF_REQUESTS)
    op.execute(OF_MATCHES)
    op.execute(AWAIT)
    op.create_index(
        "audit_event_request",
        "audit_event",
        ["request_id", "at", "id"],
        unique=False,
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("audit_event", "request_id")
    op.drop_column("audit_event", "organisation_id")
    op.drop_table("audit_link")
    op.drop_table("audit_pending")
