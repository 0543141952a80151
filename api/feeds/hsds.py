"""Rows of open offers as HSDS objects: services, and services at their places."""

from typing import Any

import asyncpg

from api.feeds.ids import id_of, id_within, other_side
from api.feeds.organizations import organization
from api.feeds.taxonomies import KINDS, ROUTES, Taxonomy
from schema.words import StepFree

ADULT = 18
PEOPLE = {
    "id": id_of("unit", "person"),
    "name": "Person",
}
STEPS = {
    StepFree.ALL: "All of it is step-free.",
    StepFree.NONE: "None of it is step-free.",
    StepFree.SOME: "Some of it is step-free.",
}


def minimal(row: asyncpg.Record) -> dict[str, Any]:
    """What `minimal` asks for."""
    return {"id": str(row["id"]), "modified_date": row["updated_at"]}


def service(row: asyncpg.Record) -> dict[str, Any]:
    """An offer as a service, with what it has one of, and the places that it has left."""
    owner, id_ = row["id"], str(row["id"])
    council = organization(row)
    found = {
        "id": id_,
        "organization_id": council["id"],
        "name": row["title"],
        "description": row["description"] or row["definition"],
        "status": "active",
        "eligibility_description": _eligibility(row),
        "last_modified": row["updated_at"],
        "organization": council,
        "capacities": [
            {
                "id": id_within(owner, "capacity"),
                "service_id": id_,
                "unit": PEOPLE,
                "unit_id": PEOPLE["id"],
                "available": row["places_left"],
                "updated": row["updated_at"],
            }
        ],
    }
    if not row["children_welcome"]:
        found["minimum_age"] = ADULT
    if row["last_confirmed_on"]:
        found["assured_date"] = row["last_confirmed_on"]
    return found


def whole_service(row: asyncpg.Record) -> dict[str, Any]:
    """An offer as a service, with everything that belongs to it."""
    return {
        **_service_with_parts(row),
        "service_at_locations": [
            {**_link(row), "location": _whole_location(row)},
        ],
    }


def service_at_location(row: asyncpg.Record) -> dict[str, Any]:
    """An offer at its place, each with what it has one of."""
    return {**_link(row), "location": _location(row), "service": service(row)}


def whole_service_at_location(row: asyncpg.Record) -> dict[str, Any]:
    """An offer at its place, with everything that belongs to either."""
    return {
        **_link(row),
        "location": _whole_location(row),
        "service": _service_with_parts(row),
    }


def _eligibility(row: asyncpg.Record) -> str:
    # What the routes say of themselves, then what the offer itself asks for.
    if row["routes"]:
        said = ["For people on one of these routes."]
        said += [f"{name}: {summary}" for _, name, summary in row["routes"]]
    else:
        said = ["For people on any visa or resettlement route."]
    if row["household_max"]:
        said.append(f"At most {row['household_max']} together.")
    if row["women_only"]:
        said.append("Women only.")
    if not row["children_welcome"]:
        said.append("Adults only.")
    if row["minimum_months"]:
        said.append(f"For at least {row['minimum_months']} months.")
    return " ".join(said)


def _service_with_parts(row: asyncpg.Record) -> dict[str, Any]:
    found = service(row)
    found["attributes"] = [
        _attribute(row, KINDS, row["kind_code"], row["kind_name"], row["definition"]),
        *(_attribute(row, ROUTES, *each) for each in row["routes"]),
    ]
    if row["languages"]:
        found["languages"] = [
            {
                "id": id_within(row["id"], f"language/{code}"),
                "service_id": found["id"],
                "code": code,
            }
            for code in row["languages"]
        ]
    if row["available_from"] or row["available_until"]:
        found["schedules"] = [_schedule(row)]
    return found


def _attribute(
    row: asyncpg.Record, taxonomy: Taxonomy, code: str, name: str, about: str
) -> dict[str, Any]:
    term = taxonomy.term(code, name, about)
    return {
        "id": id_within(row["id"], f"{taxonomy.kind}/{code}"),
        "link_id": str(row["id"]),
        "link_type": taxonomy.link_type,
        "taxonomy_term_id": term["id"],
        "taxonomy_term": term,
    }


def _schedule(row: asyncpg.Record) -> dict[str, Any]:
    found = {"id": id_within(row["id"], "schedule"), "service_id": str(row["id"])}
    if row["available_from"]:
        found["valid_from"] = row["available_from"]
    if row["available_until"]:
        found["valid_to"] = row["available_until"]
    return found


def _link(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(other_side(row["id"])),
        "service_id": str(row["id"]),
        "location_id": id_within(row["id"], "location"),
    }


def _location(row: asyncpg.Record) -> dict[str, Any]:
    # A location of its own for each offer: two homes of one district are two places, though both
    # are shown at its middle, since where exactly they are is never published.
    district = row["postcode_district"]
    found = {
        "id": id_within(row["id"], "location"),
        "location_type": "physical",
        "name": district or row["official_name"],
        "description": (
            f"Somewhere in the postcode district {district}; its middle is given."
            if district
            else f"Somewhere in the area of {row['official_name']}; its middle is given."
        ),
    }
    if row["latitude"] is not None:
        found["latitude"] = row["latitude"]
        found["longitude"] = row["longitude"]
    if district:
        found["external_identifier"] = district
        found["external_identifier_type"] = "UK postcode district"
    return found


def _whole_location(row: asyncpg.Record) -> dict[str, Any]:
    found = _location(row)
    said = STEPS.get(StepFree(row["step_free"]))
    if said:
        found["accessibility"] = [
            {
                "id": id_within(row["id"], "accessibility"),
                "location_id": found["id"],
                "description": said,
            }
        ]
    return found
