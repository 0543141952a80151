"""Documents: parsed, measured and validated once per text, planned once per shape of variables."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)

from api.reading.limits import (
    LONGEST_TEXT,
    MOST_DEFINITIONS,
    MOST_TOKENS,
    Measure,
    Measurer,
    fragments_of,
)
from api.reading.operation import OperationPlan, plan_operation
from api.reading.plan import Planner
from api.reading.symbols import Variables, coerced, shape_of
from schema.refusals import BadRequest, TooCostly
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
    """A valid document, and the plans made for it so far."""

    schema: GraphQLSchema
    node: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: frozenset[str]
    _plans: OrderedDict[Hashable, OperationPlan] = field(default_factory=OrderedDict)

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
        """The plan of an operation for an audience, the request's variables, and its measure."""
        variables = coerced(self.schema, operation, given)
        measure = Measurer(self.schema, self.fragments, variables).operation(operation)
        measure.check_cost()
        key = (
            operation.name.value if operation.name else None,
            audience,
            tuple(
                (name, shape_of(value, is_condition=name in self.conditions))
                for name, value in sorted(variables.items())
            ),
        )
        plan = self._plans.get(key)
        if plan is None:
            root = self.schema.get_root_type(operation.operation)
            assert isinstance(root, GraphQLObjectType)
            plan = plan_operation(
                Planner(self.schema, audience, self.fragments, variables), root, operation
            )
            self._plans[key] = plan
            if len(self._plans) > PLANS_KEPT:
                self._plans.popitem(last=False)
        return plan, variables, measure


class Documents:
    """The documents met lately, by their text."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def document(self, text: str) -> Document:
        """The document with this text; raises InvalidDocumentError, or Refused over the limits."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
            return found
        found = self._kept[text] = self._read(text)
        if len(self._kept) > DOCUMENTS_KEPT:
            self._kept.popitem(last=False)
        return found

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
        collector = _Conditions()
        visit(node, collector)
        return Document(self.schema, node, fragments, frozenset(collector.names))


class _Conditions(Visitor):
    """Collects the variables that @skip and @include ask, whose values a plan depends on."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        for given in node.arguments or ():
            if isinstance(given.value, VariableNode):
                self.names.add(given.value.name.value)
