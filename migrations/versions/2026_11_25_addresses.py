"""exact addresses, keys' names, and who is protected.

Revises d3a97c5e10b6. Tables only: schema/policies is applied after every run.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0e9a4d7b61c2"
down_revision = "d3a97c5e10b6"
branch_labels = None
depends_on = None


def _protected() -> list[sa.Column[Any]]:
    return [
        sa.Column("sealed_with", sa.Text(), server_default="", nullable=False),
        sa.Column("protected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_to", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "offer_address",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("host_agrees", sa.Boolean(), server_default="false", nullable=False),
        *_protected(),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("offer_address_council_gss_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("offer_address_offer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("offer_address_pkey")),
    )
    for column in _protected():
        op.add_column("request_contact", column)


def downgrade() -> None:
    for column in _protected():
        op.drop_column("request_contact", column.name)
    op.drop_table("offer_address")
