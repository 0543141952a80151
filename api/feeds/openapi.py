"""The feed's OpenAPI document: made of what is declared, so that it says what is true."""

from collections.abc import Mapping
from typing import Any

from api.feeds.open_referral import COLLECTIONS, VERSION, Collection
from api.feeds.parameters import Parameter

LICENCE = {
    "name": "Open Government Licence v3.0",
    "url": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
ABOUT = (
    "What councils offer to refugees and have places left for now, as services of Open Referral UK "
    "3.0 (HSDS). Beside the profile's fields stand eligibility_description, language.code, "
    "taxonomy_term.code and, from HSDS 3.1, capacities."
)
_BOOLEAN = {"type": "boolean"}
_DAY = {"type": "string", "format": "date"}
_ID = {"type": "string", "format": "uuid"}
_INTEGER = {"type": "integer", "minimum": 0}
_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}
_URI = {"type": "string", "format": "uri"}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _object(required: str, about: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "required": required.split(),
        "properties": properties,
    }


_TERM = _object(
    "id code name description taxonomy taxonomy_id",
    "A term of one of the taxonomies; `code` is Hearth's own.",
    id=_ID,
    code=_TEXT,
    name=_TEXT,
    description=_TEXT,
    taxonomy=_TEXT,
    taxonomy_id=_ID,
)
SCHEMAS: dict[str, Any] = {
    "Accessibility": _object(
        "id location_id description",
        "How much of a place is step-free.",
        id=_ID,
        location_id=_ID,
        description=_TEXT,
    ),
    "Attribute": _object(
        "id link_id link_type taxonomy_term_id taxonomy_term",
        "A term, and what it says of a service.",
        id=_ID,
        link_id=_ID,
        link_type={"type": "string", "enum": ["eligibility", "service"]},
        taxonomy_term_id=_ID,
        taxonomy_term=_ref("TaxonomyTerm"),
    ),
    "Capacity": _object(
        "id service_id unit unit_id available updated",
        "Places left at the moment of the answer, in people; `updated` is when the council last "
        "changed the offer.",
        id=_ID,
        service_id=_ID,
        unit=_ref("Unit"),
        unit_id=_ID,
        available={"type": "integer", "minimum": 1},
        updated=_MOMENT,
    ),
    "Details": _object(
        "version profile openapi_url",
        "What the feed is.",
        version={"type": "string", "const": VERSION},
        profile=_URI,
        openapi_url=_URI,
    ),
    "Errors": _object(
        "errors",
        "Why nothing was answered, and what to do about it.",
        errors={
            "type": "array",
            "items": _object(
                "message extensions",
                "One error.",
                message=_TEXT,
                extensions=_object("code", "For programs.", code=_TEXT),
            ),
        },
    ),
    "Language": _object(
        "id service_id code",
        "A language that is spoken there, by its ISO 639-1 code.",
        id=_ID,
        service_id=_ID,
        code=_TEXT,
    ),
    "Location": _object(
        "id location_type name description",
        "Where an offer is, as far as that is published: the middle of its postcode district, or "
        "of its council's area.",
        id=_ID,
        location_type={"type": "string", "const": "physical"},
        name=_TEXT,
        description=_TEXT,
        latitude=_NUMBER,
        longitude=_NUMBER,
        external_identifier=_TEXT,
        external_identifier_type=_TEXT,
        accessibility=_many("Accessibility"),
    ),
    "MinimalService": _object(
        "id modified_date",
        "What `minimal` asks for.",
        id=_ID,
        modified_date=_MOMENT,
    ),
    "Organization": _object(
        "id name description uri",
        "A council.",
        id=_ID,
        name=_TEXT,
        description=_TEXT,
        uri=_URI,
        organization_identifiers=_many("OrganizationIdentifier"),
    ),
    "OrganizationIdentifier": _object(
        "id organization_id identifier_type identifier",
        "The code of a council's area.",
        id=_ID,
        organization_id=_ID,
        identifier_type=_TEXT,
        identifier=_TEXT,
    ),
    "Schedule": _object(
        "id service_id",
        "From when and until when an offer can be had.",
        id=_ID,
        service_id=_ID,
        valid_from=_DAY,
        valid_to=_DAY,
    ),
    "Service": _object(
        "id organization_id name description status eligibility_description last_modified "
        "organization capacities",
        "An open offer with places left. A page has each without what is an array here, "
        "`capacities` apart, unless it is asked for with `full`.",
        id=_ID,
        organization_id=_ID,
        name=_TEXT,
        description=_TEXT,
        status={"type": "string", "const": "active"},
        eligibility_description=_TEXT,
        minimum_age=_NUMBER,
        assured_date=_DAY,
        last_modified=_MOMENT,
        organization=_ref("Organization"),
        capacities=_many("Capacity"),
        attributes=_many("Attribute"),
        languages=_many("Language"),
        schedules=_many("Schedule"),
        service_at_locations=_many("ServiceAtLocation"),
    ),
    "ServiceAtLocation": _object(
        "id service_id location_id location",
        "An offer at its place.",
        id=_ID,
        service_id=_ID,
        location_id=_ID,
        location=_ref("Location"),
        service=_ref("Service"),
    ),
    "Taxonomy": _object(
        "id name description",
        "A taxonomy; its terms are in the answer about it alone.",
        id=_ID,
        name=_TEXT,
        description=_TEXT,
        taxonomy_terms=_many("TaxonomyTerm"),
    ),
    "TaxonomyTerm": _TERM,
    "Unit": _object("id name", "What capacity is counted in.", id=_ID, name=_TEXT),
}


def _page(collection: Collection) -> dict[str, Any]:
    items: dict[str, Any] = _ref(collection.thing)
    if any(each.name == "minimal" for each in collection.parameters):
        items = {"anyOf": [items, _ref("MinimalService")]}
    return _object(
        "total_items total_pages page_number size first_page last_page empty contents",
        "A page; `size` is how many it has.",
        total_items=_INTEGER,
        total_pages=_INTEGER,
        page_number={"type": "integer", "minimum": 1},
        size=_INTEGER,
        first_page=_BOOLEAN,
        last_page=_BOOLEAN,
        empty=_BOOLEAN,
        contents={"type": "array", "items": items},
    )


def _parameter(each: Parameter) -> dict[str, Any]:
    return {
        "name": each.name,
        "in": "query",
        "description": each.about,
        "allowEmptyValue": True,  # which is as good as none
        "schema": each.schema,
    }


def _response(about: str, schema: str) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": _ref(schema)}}}


def _get(about: str, name: str, schema: str, *refusals: str, **more: Any) -> dict[str, Any]:
    known = {
        "400": "A parameter makes no sense.",
        "404": "There is no such thing, or no longer.",
        "429": "That is all you may ask in a short while; Retry-After says when to come back.",
        "503": "Not now; try again.",
    }
    responses = {"200": _response(about, schema)}
    for status in refusals:
        responses[status] = _response(known[status], "Errors")
    return {"get": {"summary": about, "operationId": name, "responses": responses, **more}}


def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {"/": _get("What the feed is.", "getDetails", "Details")}
    for each in COLLECTIONS:
        found[f"/{each.name}"] = _get(
            f"A page of {each.name}.",
            f"list_{each.name}",
            f"{each.thing}Page",
            "400",
            "429",
            "503",
            parameters=[_parameter(parameter) for parameter in each.parameters],
        )
        id_ = {"name": "id", "in": "path", "required": True, "schema": _ID}
        found[f"/{each.name}/{{id}}"] = {
            "parameters": [id_],
            **_get(
                f"One of {each.name}, whole.",
                f"get_{each.name}",
                each.thing,
                "400",
                "404",
                "429",
                "503",
            ),
        }
    return found


def document(base: str) -> dict[str, Any]:
    """The OpenAPI document of the feed at `base`."""
    pages = {f"{each.thing}Page": _page(each) for each in COLLECTIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hearth: support for refugees, as Open Referral UK",
            "version": "3.0",
            "description": ABOUT,
            "license": LICENCE,
        },
        "servers": [{"url": base}],
        "paths": _paths(),
        "components": {"schemas": {**SCHEMAS, **pages}},
    }
