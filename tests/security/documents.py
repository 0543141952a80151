"""Documents over the whole schema, and what their answers say of each field, in a word.

Nothing here names a type or a field of the schema but `VALUES`, so that what is new is asked for
too. A word is `value`, `zero`, `null` or `empty` where the field answers; `hidden` where not even
the object that it is a field of is given; a code (`FORBIDDEN`) where it is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)

from tests.oracle.values import is_required
from tests.security.world import Rows

Composite = GraphQLInterfaceType | GraphQLObjectType
OF_TYPE = {"SupportRequest": "request"}
# Whose ids an argument takes, by its name; `id` is that of what the field gives.
OWNED = {
    "gssCode": "gss",
    "matchId": "match",
    "offerId": "offer",
    "requestId": "request",
    "routeCode": "route",
}
SCALARS = {"Boolean": True, "Date": "2026-06-01", "DateTime": "2026-06-01T12:00:00Z", "Int": 1}
# What is asked for beside, by the name of the argument or the input's field.
VALUES: dict[str, Any] = {
    "body": '{"status": "OPEN"}',
    "consents": ["MATCHING"],
    "day": "2022-01-01",
    "includeBlocked": True,
    "facts": {"nationality": "UKR"},
    "kind": "hosting",
    "kinds": ["hosting"],
    "partnerCity": "Perm",
    "partnerCountry": "RUS",
    "reason": "A reason that all may read",
    "sourceTitle": "A source",
    "sourceUrl": "https://www.gov.uk/",
    "title": "A title",
}


@dataclass(frozen=True)
class Way:
    """How a type is reached: a root field, and the fields below it."""

    root: str
    steps: tuple[str, ...] = ()
    narrowed: str = ""

    def __str__(self) -> str:
        return ".".join((self.root, *self.steps))


def ways(schema: GraphQLSchema) -> dict[str, Way]:
    """The shortest way to each type that a query reaches; of those, the one by an id or code."""
    query = schema.query_type
    assert query is not None
    roots = sorted(
        query.fields.items(),
        key=lambda each: ("id" not in each[1].args, "code" not in each[1].args, each[0]),
    )
    found: dict[str, Way] = {query.name: Way("")}
    queue: list[tuple[Composite, Way]] = []
    for name, declared in roots:
        target = get_named_type(declared.type)
        assert isinstance(target, Composite)
        narrowed = _possible(schema, target)
        queue += [(each, Way(name, (), each.name)) for each in narrowed]
        queue.append((target, Way(name)))
    # What an id leads to comes before what only an interface does.
    queue.sort(key=lambda each: bool(each[1].narrowed))
    for target, way in queue:
        if target.name in found:
            continue
        found[target.name] = way
        queue += [
            (below, Way(way.root, (*way.steps, name), way.narrowed))
            for name, declared in target.fields.items()
            if isinstance(below := get_named_type(declared.type), Composite)
        ]
    return found


def _possible(schema: GraphQLSchema, target: Composite) -> Sequence[GraphQLObjectType]:
    if isinstance(target, GraphQLInterfaceType):
        return sorted(schema.get_possible_types(target), key=lambda each: each.name)
    return []


def fields(schema: GraphQLSchema) -> Iterator[str]:
    """Every field of every object type and interface, as `Type.field`."""
    for name, type_ in sorted(schema.type_map.items()):
        if isinstance(type_, Composite) and not name.startswith("__"):
            for field in type_.fields:
                yield f"{name}.{field}"


class Writer:
    """Writes one document about some rows, with its variables."""

    def __init__(self, schema: GraphQLSchema, rows: Rows, **given: Any) -> None:
        self.schema = schema
        self.rows = rows
        self.given = given
        self.variables: dict[str, Any] = {}
        self._declared: list[str] = []

    def selected(self, declared: GraphQLField, name: str) -> str:
        """A field with its arguments, and as little as may be below it."""
        target = get_named_type(declared.type)
        below = "" if is_leaf_type(target) else " { __typename }"
        if isinstance(target, Composite) and "nodes" in target.fields:
            below = " { nodes { __typename } }"
        return self.called(declared, name) + below

    def called(self, declared: GraphQLField, name: str, about: str = "") -> str:
        """A field with its arguments, each a variable."""
        about = about or get_named_type(declared.type).name
        parts = []
        for each, argument in declared.args.items():
            value = self._value(each, argument, about)
            if value is not None:
                variable = f"v{len(self._declared) + 1}"
                self._declared.append(f"${variable}: {argument.type}")
                self.variables[variable] = value
                parts.append(f"{each}: ${variable}")
        return name + (f"({', '.join(parts)})" if parts else "")

    def all_of(self, type_: Composite) -> str:
        """Every field of a type, each under its place as an alias."""
        return self.chosen(type_, list(type_.fields))

    def chosen(self, type_: Composite, names: Sequence[str]) -> str:
        """Fields of a type, each under its place as an alias, since their arguments differ."""
        return " ".join(
            f"f{number}: {self.selected(type_.fields[name], name)}"
            for number, name in enumerate(names)
        )

    def along(self, way: Way, selection: str) -> str:
        """A selection at the end of a way."""
        parent = self.schema.query_type
        assert parent is not None
        root = parent.fields[way.root]
        text = [self.called(root, way.root, way.narrowed)]
        target = get_named_type(root.type)
        if way.narrowed:
            text.append(f"... on {way.narrowed}")
            target = self.schema.type_map[way.narrowed]
        for step in way.steps:
            assert isinstance(target, Composite)
            text.append(self.called(target.fields[step], step))
            target = get_named_type(target.fields[step].type)
        return " { ".join([*text, selection]) + " }" * len(text)

    def document(self, selection: str, kind: str = "query") -> str:
        """The whole document."""
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        return f"{kind} {declared} {{ {selection} }}"

    def _value(self, name: str, place: GraphQLArgument | GraphQLInputField, about: str) -> Any:
        """A value for a place that names rows or must have one; None for any other."""
        type_ = get_nullable_type(place.type)
        if name == "expectedVersion":
            return self.given.get("version", 1)
        if name in ("id", "code") or name in OWNED:
            return self._owned(name, about)
        if name == "gssCodes":
            return [self.rows.gss]
        if name == "search" and about == "RequestFilter":
            return self.rows.reference
        is_needed = is_required(place) or name in VALUES
        if isinstance(type_, GraphQLInputObjectType) and name not in VALUES:
            return self._object(type_, about) if is_needed or name == "filter" else None
        if not is_needed:
            return None
        if isinstance(type_, GraphQLEnumType):
            return next(iter(type_.values))
        if name in VALUES:
            return VALUES[name]
        if isinstance(type_, GraphQLList):
            return []
        if str(type_) not in SCALARS:
            raise LookupError(f"say in {__name__}.VALUES or OWNED what to give for {name}")
        return SCALARS[str(type_)]

    def _owned(self, name: str, about: str) -> str:
        if name == "code":
            return self.rows.route
        if name in OWNED:
            return str(getattr(self.rows, OWNED[name]))
        kind = about.removesuffix("Payload")
        if kind == "Node":
            kind = "Offer"
        if kind in ("Council", "Route"):
            return f"council_{self.rows.gss}" if kind == "Council" else f"route_{self.rows.route}"
        found = getattr(self.rows, OF_TYPE.get(kind, kind.lower()), None)
        if found is None:
            raise LookupError(f"say in {__name__} and in Rows which id a {about} is asked by")
        return str(found)

    def _object(self, type_: GraphQLInputObjectType, about: str) -> dict[str, Any]:
        within = type_.name if type_.name.endswith("Filter") else about
        found = {name: self._value(name, part, within) for name, part in type_.fields.items()}
        if "requestId" in found:
            found.pop("gssCode", None)  # one request is meant, or all of a council
        return {name: value for name, value in found.items() if value is not None}


def objects(data: Any, way: Sequence[str]) -> list[Mapping[str, Any]]:
    """The objects at the end of a way through an answer; those of lists side by side."""
    found = [data]
    for step in way:
        found = [each[step] for each in found if each]
        found = [each for one in found for each in (one if isinstance(one, list) else [one])]
    return [each for each in found if each]


def words(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, str]:
    """What the objects say of fields that were asked for by `chosen`."""
    return {name: word(found, f"f{number}") for number, name in enumerate(names)}


def word(found: Sequence[Mapping[str, Any]], name: str) -> str:
    """What the objects say of a field, in a word: the most that any of them gives away."""
    if not found:
        return "hidden"
    values = [each[name] for each in found]
    values = [value["nodes"] if _is_page(value) else value for value in values]
    for value in values:
        if value is not None and value != [] and (value != 0 or isinstance(value, bool)):
            return "value"
    if any(value == 0 for value in values if value is not None and value != []):
        return "zero"
    return "empty" if [] in values else "null"


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and "nodes" in value
