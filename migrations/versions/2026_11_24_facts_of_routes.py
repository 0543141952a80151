"""facts of routes.

Revises 65841d792dcd. Tables only: schema/policies is applied after every run.
A change to a table that is in use goes in steps that old and new code both live with: add as
nullable, fill, then constrain; an index CONCURRENTLY, in an autocommit block.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c58c4dbfb7f8"
down_revision = "65841d792dcd"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _add_tables()
    op.add_column("route", sa.Column("summaries", JSONB, server_default="{}", nullable=False))
    # Windows become facts as they are; what they leaned on becomes rows of their own.
    op.execute(
        """
        INSERT INTO source (id, title, url, reviewed_on)
        SELECT gen_random_uuid(), source_title, source_url, min(lower(known))::date
        FROM route_window WHERE source_title IS NOT NULL GROUP BY source_title, source_url
        ON CONFLICT DO NOTHING
        """
    )
    op.execute(
        """
        INSERT INTO route_fact (
            id, route_code, sort, key, position, valid, valid_from_is, valid_to_is, known,
            body, source_id, basis, confidence, note, origin
        )
        SELECT route_window.id, route_code, 'WINDOW', route_code || '/window',
            row_number() OVER (PARTITION BY route_code ORDER BY valid),
            valid, 'DAY', 'DAY', known, jsonb_build_object('status', status), source.id,
            basis, confidence, note, 'FILE'
        FROM route_window
        LEFT JOIN source
            ON source.title = source_title AND source.url IS NOT DISTINCT FROM source_url
        """
    )
    op.drop_table("route_window")
    op.drop_constraint("route_number_key", "route", type_="unique")
    op.drop_column("route", "leave_is_indefinite")
    op.drop_column("route", "leave_months")
    op.drop_column("route", "number")
    op.add_column("twinning", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.execute(
        """
        INSERT INTO source (id, title, url, published_on, reviewed_on)
        SELECT gen_random_uuid(), source->>'title', source->>'url', min(source->>'published_on'),
            min(source->>'reviewed_on')::date
        FROM twinning GROUP BY source->>'title', source->>'url'
        ON CONFLICT DO NOTHING
        """
    )
    op.execute(
        """
        UPDATE twinning SET source_id = source.id FROM source
        WHERE source.title = twinning.source->>'title'
            AND source.url IS NOT DISTINCT FROM twinning.source->>'url'
        """
    )
    op.alter_column("twinning", "source_id", nullable=False)
    op.create_index("twinning_source_id", "twinning", ["source_id"])
    op.create_foreign_key("twinning_source_id_fkey", "twinning", "source", ["source_id"], ["id"])
    op.drop_column("twinning", "source")


def downgrade() -> None:
    op.add_column("twinning", sa.Column("source", JSONB, nullable=True))
    op.execute(
        """
        UPDATE twinning SET source = jsonb_build_object(
            'title', title, 'url', url, 'published_on', published_on, 'reviewed_on', reviewed_on
        )
        FROM source WHERE source.id = source_id
        """
    )
    op.alter_column("twinning", "source", nullable=False)
    op.drop_column("twinning", "source_id")
    op.add_column("route", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("route", sa.Column("leave_months", sa.Integer(), nullable=True))
    op.add_column("route", sa.Column("leave_is_indefinite", sa.Boolean(), nullable=True))
    op.execute(
        """
        UPDATE route SET number = position,
            leave_months = (facts->>'leave_months')::integer,
            leave_is_indefinite = (facts->>'leave_is_indefinite')::boolean
        FROM (SELECT code AS of, row_number() OVER (ORDER BY code) AS position FROM route) AS listed
        WHERE route.code = listed.of
        """
    )
    op.alter_column("route", "number", nullable=False)
    op.alter_column("route", "leave_is_indefinite", nullable=False)
    op.create_unique_constraint("route_number_key", "route", ["number"])
    op.drop_column("route", "summaries")
    op.create_table(
        "route_window",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("route_code", sa.Text(), nullable=False),
        sa.Column("route_number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source_title", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.literal_column("int8range(route_number, route_number, '[]')"), "&&"),
            (sa.literal_column("valid"), "&&"),
            (sa.literal_column("known"), "&&"),
            using="gist",
            name="route_window_one_truth",
        ),
        sa.CheckConstraint("basis IN ('SOURCED', 'UNVERIFIED')", name="route_window_basis"),
        sa.CheckConstraint(
            "confidence IN ('HIGH', 'MEDIUM', 'LOW')", name="route_window_confidence"
        ),
        sa.CheckConstraint("status <> 'NOT_YET_OPEN'", name="route_window_opened"),
        sa.CheckConstraint(
            "status IN ('NOT_YET_OPEN', 'OPEN', 'PAUSED', 'CLOSED')", name="route_window_status"
        ),
        sa.ForeignKeyConstraint(
            ["route_code"], ["route.code"], name="route_window_route_code_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="route_window_pkey"),
    )
    op.create_index("route_window_route_code", "route_window", ["route_code"])
    op.execute(
        """
        INSERT INTO route_window (
            id, route_code, route_number, status, valid, known, basis, confidence, note,
            source_title, source_url
        )
        SELECT route_fact.id, route_code, number, body->>'status', valid, known, basis,
            confidence, note, title, url
        FROM route_fact JOIN route ON route.code = route_code
        LEFT JOIN source ON source.id = source_id
        WHERE sort = 'WINDOW'
        """
    )
    for name in ("route_dissent", "route_source", "route_fact", "route_event", "source"):
        op.drop_table(name)
    op.drop_table("fact_attribute")


def _add_tables() -> None:
    op.create_table(
        "fact_attribute",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("choices", JSONB, nullable=False),
        sa.Column("questions", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("key", name="fact_attribute_pkey"),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Text(), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("review_days", sa.Integer(), server_default="365", nullable=False),
        sa.Column("page_changed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("review_days > 0", name="source_review_days"),
        sa.PrimaryKeyConstraint("id", name="source_pkey"),
        sa.UniqueConstraint("title", "url", name="source_page", postgresql_nulls_not_distinct=True),
    )
    op.create_index("source_url", "source", ["url"])
    op.create_table(
        "route_event",
        sa.Column("route_code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("on", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["route_code"], ["route.code"], name="route_event_route_code_fkey"),
        sa.PrimaryKeyConstraint("route_code", "position", name="route_event_pkey"),
    )
    op.create_table(
        "route_fact",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("route_code", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("valid_from_is", sa.Text(), nullable=False),
        sa.Column("valid_to_is", sa.Text(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("words", JSONB, server_default="{}", nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        postgresql.ExcludeConstraint(
            (
                sa.literal_column(
                    "int8range(hashtextextended(key, 0), hashtextextended(key, 0), '[]')"
                ),
                "&&",
            ),
            (sa.literal_column("valid"), "&&"),
            (sa.literal_column("known"), "&&"),
            using="gist",
            name="route_fact_one_truth",
        ),
        sa.CheckConstraint("basis IN ('SOURCED', 'UNVERIFIED')", name="route_fact_basis"),
        sa.CheckConstraint("confidence IN ('HIGH', 'MEDIUM', 'LOW')", name="route_fact_confidence"),
        sa.CheckConstraint("origin IN ('FILE', 'EDITOR')", name="route_fact_origin"),
        sa.CheckConstraint(
            "sort IN ('WINDOW', 'LEAVE', 'RULE', 'DUTY', 'TARIFF')", name="route_fact_sort"
        ),
        sa.CheckConstraint(
            "valid_from_is IN ('MOMENT', 'DAY', 'MONTH', 'YEAR')", name="route_fact_valid_from_is"
        ),
        sa.CheckConstraint(
            "valid_to_is IN ('MOMENT', 'DAY', 'MONTH', 'YEAR')", name="route_fact_valid_to_is"
        ),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT isempty(known)", name="route_fact_not_empty"
        ),
        sa.ForeignKeyConstraint(["route_code"], ["route.code"], name="route_fact_route_code_fkey"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="route_fact_source_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="route_fact_pkey"),
    )
    op.create_index("route_fact_of_route", "route_fact", ["route_code", "sort", "position"])
    op.create_index("route_fact_source", "route_fact", ["source_id"])
    op.create_table(
        "route_source",
        sa.Column("route_code", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["route_code"], ["route.code"], name="route_source_route_code_fkey"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="route_source_source_id_fkey"),
        sa.PrimaryKeyConstraint("route_code", "source_id", name="route_source_pkey"),
    )
    op.create_index("route_source_source_id", "route_source", ["source_id"])
    op.create_table(
        "route_dissent",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("claims", JSONB, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["fact_id"], ["route_fact.id"], name="route_dissent_fact_id_fkey"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="route_dissent_source_id_fkey"),
        sa.PrimaryKeyConstraint("fact_id", "source_id", name="route_dissent_pkey"),
    )
    op.create_index("route_dissent_source_id", "route_dissent", ["source_id"])
