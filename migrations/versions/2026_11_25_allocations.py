"""allocations.

Revises c7d41f0ab352. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b8d29d9f1f2a"
down_revision = "c7d41f0ab352"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allocation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("owner_gss", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("gss_codes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("regions", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column(
            "route_policies",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("time_limit_seconds", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("placed_people", sa.Integer(), nullable=True),
        sa.Column("people_bound", sa.Integer(), nullable=True),
        sa.Column("waiting_people", sa.Integer(), nullable=True),
        sa.Column("greedy_people", sa.Integer(), nullable=True),
        sa.Column("objective", sa.Float(), nullable=True),
        sa.Column("bound", sa.Float(), nullable=True),
        sa.Column("greedy_objective", sa.Float(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "policy IN ('BY_NEED', 'BY_PREFERENCE', 'AGREE_BEFORE_TELLING')",
            name="allocation_policy",
        ),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'PROPOSED', 'CONFIRMED', 'CANCELLED', 'FAILED')",
            name="allocation_state",
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="allocation_progress"),
        sa.CheckConstraint("time_limit_seconds BETWEEN 1 AND 600", name="allocation_time_limit"),
        sa.ForeignKeyConstraint(
            ["owner_gss"], ["council.gss_code"], name=op.f("allocation_owner_gss_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("allocation_pkey")),
    )
    op.create_index(
        "allocation_under_way_once",
        "allocation",
        [sa.literal_column("coalesce(owner_gss, '')")],
        unique=True,
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "allocation_price",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("owner_gss", sa.Text(), nullable=True),
        sa.Column("per_place", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("allocation_price_allocation_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("allocation_price_council_gss_fkey")
        ),
        sa.PrimaryKeyConstraint("allocation_id", "council_gss", name=op.f("allocation_price_pkey")),
    )
    op.create_table(
        "allocation_proposal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("owner_gss", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("asks_first", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column(
            "reasons", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("state", sa.Text(), server_default="PROPOSED", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("state IN ('PROPOSED', 'WITHDRAWN')", name="allocation_proposal_state"),
        sa.CheckConstraint("places >= 1", name="allocation_proposal_places"),
        sa.ForeignKeyConstraint(
            ["allocation_id"],
            ["allocation.id"],
            name=op.f("allocation_proposal_allocation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("allocation_proposal_council_gss_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["support_kind.code"], name=op.f("allocation_proposal_kind_code_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("allocation_proposal_offer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("allocation_proposal_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("allocation_proposal_pkey")),
    )
    op.create_index(
        "allocation_proposal_allocation",
        "allocation_proposal",
        ["allocation_id", sa.literal_column("score DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("allocation_proposal_request_id"), "allocation_proposal", ["request_id"], unique=False
    )
    op.create_table(
        "allocation_unplaced",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("owner_gss", sa.Text(), nullable=True),
        sa.Column(
            "reasons", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["allocation_id"],
            ["allocation.id"],
            name=op.f("allocation_unplaced_allocation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["support_kind.code"], name=op.f("allocation_unplaced_kind_code_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("allocation_unplaced_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "allocation_id", "request_id", "kind_code", name=op.f("allocation_unplaced_pkey")
        ),
    )
    op.create_index(
        op.f("allocation_unplaced_request_id"), "allocation_unplaced", ["request_id"], unique=False
    )
    op.add_column(
        "match", sa.Column("asks_first", sa.Boolean(), server_default="false", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("match", "asks_first")
    op.drop_index(op.f("allocation_unplaced_request_id"), table_name="allocation_unplaced")
    op.drop_table("allocation_unplaced")
    op.drop_index(op.f("allocation_proposal_request_id"), table_name="allocation_proposal")
    op.drop_index("allocation_proposal_allocation", table_name="allocation_proposal")
    op.drop_table("allocation_proposal")
    op.drop_table("allocation_price")
    op.drop_index(
        "allocation_under_way_once",
        table_name="allocation",
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
    )
    op.drop_table("allocation")
