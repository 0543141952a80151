"""API keys of charities.

Revises 5b0e6c2d9a17. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op

revision = "c7d41f0ab352"
down_revision = "5b0e6c2d9a17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("is_read_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name="api_key_digest"),
        sa.CheckConstraint("expires_at <= created_at + interval '366 days'", name="api_key_time"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("api_key_organisation_id_fkey")
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("api_key_pkey")),
    )
    op.create_index("api_key_organisation_id", "api_key", ["organisation_id"], unique=False)


def downgrade() -> None:
    op.drop_table("api_key")
