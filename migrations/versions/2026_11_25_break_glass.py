"""break-glass: administrators' looks into cases.

Revises e1f7a20c94d3. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op

revision = "5b0e6c2d9a17"
down_revision = "e1f7a20c94d3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("request_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("council_gss_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint("num_nonnulls(council_gss, request_id) = 1", name="break_glass_asked"),
        sa.CheckConstraint(
            "ends_at > at AND ends_at <= at + interval '4 hours'", name="break_glass_time"
        ),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("break_glass_council_gss_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("break_glass_pkey")),
    )
    op.create_index(
        "break_glass_at",
        "break_glass",
        [sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("break_glass_live", "break_glass", ["subject", "ends_at"], unique=False)


def downgrade() -> None:
    op.drop_table("break_glass")
