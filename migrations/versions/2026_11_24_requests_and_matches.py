"""requests and matches.

Revises c58c4dbfb7f8. Tables only: schema/policies is applied after every run.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e1f7a20c94d3"
down_revision = "c58c4dbfb7f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("child_ages", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("needs_step_free", sa.Boolean(), nullable=False),
        sa.Column("has_pets", sa.Boolean(), nullable=False),
        sa.Column("women_only", sa.Boolean(), nullable=False),
        sa.Column("kind_codes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("route_code", sa.Text(), nullable=True),
        sa.Column("preferred_gss_codes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("preferred_regions", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("postcode_district", sa.Text(), nullable=True),
        sa.Column("easting", sa.Float(), nullable=True),
        sa.Column("northing", sa.Float(), nullable=True),
        sa.Column("within_km", sa.Float(), nullable=True),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "submitted_at",
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
            "status IN ('SUBMITTED', 'MATCHING', 'PLACED', 'CLOSED', 'WITHDRAWN')",
            name="request_status",
        ),
        sa.CheckConstraint("(easting IS NULL) = (northing IS NULL)", name="request_point"),
        sa.CheckConstraint("adults BETWEEN 1 AND 30", name="request_adults"),
        sa.CheckConstraint("cardinality(child_ages) <= 30", name="request_children"),
        sa.CheckConstraint("cardinality(kind_codes) > 0", name="request_kinds"),
        sa.CheckConstraint("version >= 1", name="request_version"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("request_organisation_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["route_code"], ["route.code"], name=op.f("request_route_code_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("request_pkey")),
        sa.UniqueConstraint("reference", name=op.f("request_reference_key")),
    )
    op.create_index(
        "request_organisation",
        "request",
        ["organisation_id", sa.literal_column("submitted_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "request_submitted",
        "request",
        [sa.literal_column("submitted_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "request_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("kind_codes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("route_code", sa.Text(), nullable=True),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("council_gss", sa.Text(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "step IN ('SUBMITTED', 'WITHDRAWN', 'CONSENT_GIVEN', 'CONSENT_TAKEN_BACK', 'PROPOSED', 'HELD', 'ACCEPTED', 'PLACED', 'ENDED', 'DECLINED', 'EXPIRED', 'MATCH_WITHDRAWN', 'CHECK_FAILED')",
            name="request_event_step",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("request_event_organisation_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("request_event_pkey")),
    )
    op.create_index("request_event_request", "request_event", ["request_id", "at"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("gss_code", sa.Text(), nullable=True),
        sa.Column("is_given", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "scope IN ('MATCHING', 'SHARE_WITH_COUNCIL', 'SHARE_WITH_HOST')", name="consent_scope"
        ),
        sa.ForeignKeyConstraint(
            ["gss_code"], ["council.gss_code"], name=op.f("consent_gss_code_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("consent_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pkey")),
    )
    op.create_index(
        "consent_request",
        "consent",
        ["request_id", "scope", sa.literal_column("at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "contact_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("contact_look_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_look_pkey")),
    )
    op.create_index(op.f("contact_look_request_id"), "contact_look", ["request_id"], unique=False)
    op.create_table(
        "match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("is_rematched", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
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
        sa.CheckConstraint("(state = 'HELD') <= (held_until IS NOT NULL)", name="match_hold"),
        sa.CheckConstraint("proposed_by IN ('COUNCIL', 'CHARITY')", name="match_proposed_by"),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED', 'ENDED', 'DECLINED', 'EXPIRED', 'WITHDRAWN')",
            name="match_state",
        ),
        sa.CheckConstraint("ended_on >= arrived_on", name="match_dates"),
        sa.CheckConstraint("places >= 1", name="match_places"),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("match_council_gss_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["support_kind.code"], name=op.f("match_kind_code_fkey")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("match_offer_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("match_organisation_id_fkey")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("match_request_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("match_pkey")),
    )
    op.create_index(
        "match_council",
        "match",
        ["council_gss", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "match_held_until",
        "match",
        ["held_until"],
        unique=False,
        postgresql_where=sa.text("state = 'HELD'"),
    )
    op.create_index(
        "match_live_once",
        "match",
        ["request_id", "kind_code"],
        unique=True,
        postgresql_where=sa.text("state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')"),
    )
    op.create_index(
        "match_offer",
        "match",
        ["offer_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')"),
    )
    op.create_index(
        "match_organisation",
        "match",
        ["organisation_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("match_request", "match", ["request_id"], unique=False)
    op.create_table(
        "request_contact",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("request_contact_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("request_contact_pkey")),
    )


def downgrade() -> None:
    op.drop_table("match")
    op.drop_table("contact_look")
    op.drop_table("consent")
    op.drop_table("request_contact")
    op.drop_table("request_event")
    op.drop_table("request")
