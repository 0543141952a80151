"""Documents: parsed, measured and validated once per text, planned once per shape of variables."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)

from api.reading.kept import Kept
from api.reading.limits import (
    LONGEST_TEXT,
    MOST_DEFINITIONS,
    MOST_TOKENS,
    PAGE_SIZE,
    Measure,
    Measurer,
    fragments_of,
    length_error,
)
from api.reading.operation import OperationPlan, plan_operation
from api.reading.plan import Planner
from api.reading.statement import Path
from api.reading.symbols import Variables, shape_of
from api.reading.variables import Coerce, coercer
from schema.refusals import BadRequest, Refused, TooCostly
from schema.words import Audience

DOCUMENTS_KEPT = 1000
PLANS_KEPT = 64
MOST_ERRORS = 5


class InvalidDocumentError(Exception):
    """A document that can't be parsed, or breaks the schema's rules."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass
class Document:
    """A valid document, what it costs, and the plans made for it so far.

    `conditions` are the variables that an @include or @skip asks, `page_sizes` those that say
    how long a page is.
    """

    schema: GraphQLSchema
    node: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: frozenset[str]
    page_sizes: tuple[str, ...]
    _coercers: Kept[str | None, Coerce] = field(default_factory=lambda: Kept(PLANS_KEPT))
    _measures: Kept[Hashable, Measure] = field(default_factory=lambda: Kept(PLANS_KEPT))
    _plans: Kept[Hashable, OperationPlan] = field(default_factory=lambda: Kept(PLANS_KEPT))

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run; raises BadRequest where the name does not say which."""
        operations = {
            definition.name.value if definition.name else None: definition
            for definition in self.node.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        if name is None and len(operations) == 1:
            return next(iter(operations.values()))
        if name is None:
            raise BadRequest("The document has several operations; say which in operationName.")
        if name not in operations:
            raise BadRequest(f"The document has no operation named {name[:100]!r}.")
        return operations[name]

    def plan(
        self, operation: OperationDefinitionNode, given: Mapping[str, Any], audience: Audience
    ) -> tuple[OperationPlan, Variables, Measure]:
        """The plan of an operation for an audience, the request's variables, and its measure.

        Raises BadRequest for variables that don't fit, and TooCostly.
        """
        name = operation.name.value if operation.name else None
        coerce = self._coercers.get(name, lambda: coercer(self.schema, operation))
        variables = coerce(given)
        sizes = tuple(variables.get(variable) for variable in self.page_sizes)
        measure = self._measures.get(
            (name, sizes),
            lambda: Measurer(self.schema, self.fragments, variables).operation(operation),
        )
        measure.check_cost()
        shapes = tuple(
            [
                (variable, shape_of(value, is_condition=variable in self.conditions))
                for variable, value in variables.items()
            ]
        )
        plan = self._plans.get(
            (name, audience, shapes), lambda: self.plan_without(operation, variables, audience, {})
        )
        return plan, variables, measure

    def plan_without(
        self,
        operation: OperationDefinitionNode,
        variables: Variables,
        audience: Audience,
        refused: Mapping[Path, Refused],
    ) -> OperationPlan:
        """A plan that answers some fields by their refusals; not kept."""
        root = self.schema.get_root_type(operation.operation)
        assert isinstance(root, GraphQLObjectType)
        planner = Planner(self.schema, audience, self.fragments, variables, refused)
        return plan_operation(planner, root, operation)


def may_name_people(text: str) -> bool:
    """Whether a mutation's document has texts of its own, instead of variables."""
    return '"' in text


class Documents:
    """The documents met lately, by their text."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._kept: Kept[str, Document] = Kept(DOCUMENTS_KEPT)

    def document(self, text: str) -> Document:
        """The document with this text; raises InvalidDocumentError, or Refused over the limits.

        A mutation with texts written into it may name people, so it isn't kept.
        """
        document = self._kept.get(text, lambda: self._read(text))
        if may_name_people(text) and any(
            isinstance(each, OperationDefinitionNode) and each.operation is OperationType.MUTATION
            for each in document.node.definitions
        ):
            self._kept.drop(text)
        return document

    def _read(self, text: str) -> Document:
        # What counts as no token, as comments, takes its time to read all the same.
        if len(text) > LONGEST_TEXT:
            raise TooCostly(f"The document is longer than {LONGEST_TEXT} characters.")
        try:
            node = parse(text, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
        except GraphQLError as error:
            raise InvalidDocumentError([error]) from error
        if len(node.definitions) > MOST_DEFINITIONS:
            raise TooCostly(f"The document has more than {MOST_DEFINITIONS} definitions.")
        fragments = fragments_of(node)
        # Before validation, whose rules on merging fields are quadratic in the fields spread.
        measurer = Measurer(self.schema, fragments, {})
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                measurer.operation(definition).check_size()
        errors = validate(
            self.schema,
            node,
            max_errors=MOST_ERRORS,
            hide_suggestions=True,
            allow_empty_selection_sets=False,
        )
        if errors:
            raise InvalidDocumentError(errors[:MOST_ERRORS])
        asked = _Asked()
        visit(node, asked)
        if asked.errors:
            raise InvalidDocumentError(asked.errors[:MOST_ERRORS])
        return Document(
            self.schema,
            node,
            fragments,
            frozenset(asked.conditions),
            tuple(sorted(asked.page_sizes)),
        )


class _Asked(Visitor):
    """Collects the variables that plans and measures depend on by their very values.

    Its errors are the lists and strings in the document that are longer than any input may be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conditions: set[str] = set()
        self.errors: list[GraphQLError] = []
        self.page_sizes: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for given in node.arguments or ():
            if isinstance(given.value, VariableNode):
                self.conditions.add(given.value.name.value)

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        for given in node.arguments or ():
            if given.name.value == PAGE_SIZE and isinstance(given.value, VariableNode):
                self.page_sizes.add(given.value.name.value)

    def enter_list_value(self, node: ListValueNode, *_: Any) -> None:
        self._check_length(node, node.values)

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        self._check_length(node, node.value)

    def _check_length(self, node: ValueNode, given: str | Sequence[Any]) -> None:
        error = length_error(given, "What is written here")
        if error:
            self.errors.append(GraphQLError(error, node))
