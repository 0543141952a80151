"""reports and their history.

Revises 5b0c6f1d2e47. What stands when it is applied begins the history; earlier changes are not known.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b7d2c41f08ae"
down_revision = "5b0c6f1d2e47"
branch_labels = None
depends_on = None

STATES = "'NOT_STARTED', 'IN_PROGRESS', 'PASSED', 'FAILED', 'NO_LONGER_REQUIRED', 'NOT_AVAILABLE'"
CHECKS = "'ACCOMMODATION_EXISTS', 'ACCOMMODATION_SUITABLE', 'SPONSOR_SUITABLE', 'GUESTS_ARRIVED'"
EDITIONS = "'FULL', 'LIAISON', 'PUBLIC'"
NAMES = "'CAPACITY_AND_DEMAND', 'MATCHING_OUTCOMES', 'TIME_TO_PLACE', 'UNMET_NEED', 'SAFEGUARDING_CHECKS', 'FUNDING_DUE', 'DATA_COMPLETENESS'"
OFFERS = """
INSERT INTO offer_event (
    id, offer_id, at, recorded_at, council_gss, kind_code, status, places, household_max, route_codes,
    is_step_free, pets_allowed, children_welcome, women_only,
    available_from, available_until, last_confirmed_on, missing
)
SELECT gen_random_uuid(), id, updated_at, updated_at, council_gss, kind_code, status,
    places, household_max, route_codes,
    step_free IN ('ALL', 'SOME'), pets_allowed, children_welcome, women_only,
    available_from, available_until, last_confirmed_on,
    array_remove(ARRAY[
        CASE WHEN available_from IS NULL THEN 'available_from' END,
        CASE WHEN available_until IS NULL THEN 'available_until' END,
        CASE WHEN description = '' THEN 'description' END,
        CASE WHEN household_max IS NULL THEN 'household_max' END,
        CASE WHEN languages = '{}' THEN 'languages' END,
        CASE WHEN postcode_district IS NULL THEN 'postcode_district' END,
        CASE WHEN step_free = 'UNKNOWN' THEN 'step_free' END
    ], NULL)
FROM offer
"""
CHECK_ROWS = """
INSERT INTO check_event (id, offer_id, at, recorded_at, council_gss, kind, state, due_on)
SELECT gen_random_uuid(), offer_id, coalesce((done_on + time '12:00') AT TIME ZONE 'Europe/London', now()),
    now(), council_gss, kind, state, due_on
FROM offer_check
"""
STEPS = (
    "UPDATE request_event SET recorded_at = at",
    """
UPDATE request_event SET
    happened_on = CASE step WHEN 'PLACED' THEN arrived_on ELSE ended_on END,
    is_rematched = step = 'ENDED' AND match.is_rematched
FROM match WHERE match.id = match_id AND step IN ('PLACED', 'ENDED')
""",
    """
UPDATE request_event SET
    adults = request.adults,
    child_bands = ARRAY(
        SELECT CASE WHEN age < 2 THEN 0 WHEN age < 3 THEN 2 WHEN age < 5 THEN 3 WHEN age < 11 THEN 5
            ELSE 11 END AS band
        FROM unnest(child_ages) AS age ORDER BY band
    ),
    needs = array_remove(ARRAY[
        CASE WHEN child_ages <> '{}' THEN 'children' END,
        CASE WHEN NOT EXISTS (
            SELECT FROM consent WHERE request_id = request.id AND scope = 'MATCHING' AND is_given
        ) THEN 'consent' END,
        CASE WHEN has_pets THEN 'pets' END,
        CASE WHEN needs_step_free THEN 'step_free' END,
        CASE WHEN women_only THEN 'women_only' END
    ], NULL),
    wanted_gss = CASE
        WHEN cardinality(preferred_gss_codes) = 1 AND preferred_regions = '{}' THEN preferred_gss_codes[1]
    END,
    wanted_region = CASE
        WHEN cardinality(preferred_gss_codes) = 1 AND preferred_regions = '{}'
            THEN (SELECT region FROM council WHERE gss_code = preferred_gss_codes[1])
        WHEN preferred_gss_codes = '{}' AND cardinality(preferred_regions) = 1 THEN preferred_regions[1]
    END
FROM request WHERE request.id = request_id AND step = 'SUBMITTED'
""",
)


def upgrade() -> None:
    op.create_table(
        "offer_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("household_max", sa.Integer(), nullable=True),
        sa.Column("route_codes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("is_step_free", sa.Boolean(), nullable=False),
        sa.Column("pets_allowed", sa.Boolean(), nullable=False),
        sa.Column("children_welcome", sa.Boolean(), nullable=False),
        sa.Column("women_only", sa.Boolean(), nullable=False),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("available_until", sa.Date(), nullable=True),
        sa.Column("last_confirmed_on", sa.Date(), nullable=True),
        sa.Column("missing", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'OPEN', 'PAUSED', 'CLOSED')", name="offer_event_status"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_event_pkey")),
    )
    op.create_index(
        "offer_event_offer",
        "offer_event",
        ["offer_id", sa.literal_column("at DESC"), sa.literal_column("recorded_at DESC")],
        unique=False,
    )
    op.create_table(
        "check_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("council_gss", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.CheckConstraint(f"kind IN ({CHECKS})", name="check_event_kind"),
        sa.CheckConstraint(f"state IN ({STATES})", name="check_event_state"),
        sa.PrimaryKeyConstraint("id", name=op.f("check_event_pkey")),
    )
    op.create_index(
        "check_event_offer",
        "check_event",
        ["offer_id", "kind", sa.literal_column("at DESC"), sa.literal_column("recorded_at DESC")],
        unique=False,
    )
    op.create_table(
        "report_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("frame", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(f"name IN ({NAMES})", name="report_release_name"),
        sa.CheckConstraint("(number = 1) = (corrects_id IS NULL)", name="report_release_number"),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["report_release.id"], name=op.f("report_release_corrects_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("report_release_pkey")),
        sa.UniqueConstraint("corrects_id", name=op.f("report_release_corrects_id_key")),
    )
    op.create_index(
        "report_release_once", "report_release", ["name", "period", "number"], unique=True
    )
    op.create_table(
        "report_edition",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("notes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("differs", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(f"edition IN ({EDITIONS})", name="report_edition_edition"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["report_release.id"], name=op.f("report_edition_release_id_fkey")
        ),
        sa.PrimaryKeyConstraint("release_id", "edition", name=op.f("report_edition_pkey")),
    )
    op.create_table(
        "report_row",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("council_gss", sa.Text(), nullable=True),
        sa.Column("shown", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("hidden", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(f"edition IN ({EDITIONS})", name="report_row_edition"),
        sa.ForeignKeyConstraint(
            ["council_gss"], ["council.gss_code"], name=op.f("report_row_council_gss_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["report_release.id"], name=op.f("report_row_release_id_fkey")
        ),
        sa.PrimaryKeyConstraint("release_id", "edition", "position", name=op.f("report_row_pkey")),
    )
    op.add_column(
        "request_event",
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    op.add_column("request_event", sa.Column("happened_on", sa.Date(), nullable=True))
    op.add_column(
        "request_event",
        sa.Column("is_rematched", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column("request_event", sa.Column("wanted_gss", sa.Text(), nullable=True))
    op.add_column("request_event", sa.Column("wanted_region", sa.Text(), nullable=True))
    op.add_column(
        "request_event", sa.Column("adults", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "request_event",
        sa.Column("child_bands", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False),
    )
    op.add_column(
        "request_event",
        sa.Column("needs", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    for table in ("consent", "match", "offer", "offer_check", "request", "request_event"):
        # Without its policies the owner would see no row; they are applied anew afterwards.
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in (OFFERS, CHECK_ROWS, *STEPS):
        op.execute(statement)


def downgrade() -> None:
    for column in (
        "needs",
        "child_bands",
        "adults",
        "wanted_region",
        "wanted_gss",
        "is_rematched",
        "happened_on",
        "recorded_at",
    ):
        op.drop_column("request_event", column)
    op.drop_table("report_row")
    op.drop_table("report_edition")
    op.drop_table("report_release")
    op.drop_table("check_event")
    op.drop_table("offer_event")
