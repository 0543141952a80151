"""Reads the reference files: all of them are sound, or nothing is read."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from schema.reference import checks
from schema.reference.attributes import AttributeRecord, Attributes
from schema.reference.problems import FileProblem, ReferenceFileError, problems_of
from schema.reference.records import (
    CouncilRecord,
    DistrictRecord,
    Record,
    SupportKindRecord,
    Text,
    TwinningRecord,
)
from schema.reference.route_records import RouteRecord, WindowRecord
from schema.words import Language

__all__ = [
    "CouncilRecord",
    "DistrictRecord",
    "FileProblem",
    "Reference",
    "ReferenceFileError",
    "RouteRecord",
    "SupportKindRecord",
    "TwinningRecord",
    "WindowRecord",
    "read_reference",
]

R = TypeVar("R", bound=Record)

LISTS = frozenset({"former_gss_codes", "successors"})
TRANSLATED = (Language.EN, Language.UK, Language.RU, Language.CY)


@dataclass(frozen=True, slots=True)
class Reference:
    """All reference facts, each kind in its file's order."""

    councils: tuple[CouncilRecord, ...]
    districts: tuple[DistrictRecord, ...]
    support_kinds: tuple[SupportKindRecord, ...]
    twinnings: tuple[TwinningRecord, ...]
    attributes: Attributes
    routes: tuple[RouteRecord, ...]
    translations: Mapping[Language, Mapping[str, str]]

    def words(self, key: str) -> dict[str, str]:
        """A thing's words by language: `words("route.mandate.name")["CY"]`."""
        return {
            language.value: words[key]
            for language, words in self.translations.items()
            if key in words
        }


def read_reference(folder: Path | None = None) -> Reference:
    """Read the folder, or the one that comes with Hearth.

    Raises ReferenceFileError with every problem found. What lies between files is looked at
    only once each is sound, since one bad council would make its twinnings look wrong too.
    """
    home = folder if folder is not None else resources.files(__package__) / "data"
    reader = _Reader(home)
    reference = Reference(
        councils=reader.table(checks.COUNCILS, CouncilRecord),
        districts=reader.table(checks.DISTRICTS, DistrictRecord),
        support_kinds=reader.entries(checks.SUPPORT_KINDS, SupportKindRecord),
        twinnings=reader.entries(checks.TWINNINGS, TwinningRecord),
        attributes=MappingProxyType({each.key: each for each in reader.attributes()}),
        routes=reader.routes(),
        translations=MappingProxyType({lang: reader.words(lang) for lang in TRANSLATED}),
    )
    problems = reader.problems or list(_problems_between(reference))
    if problems:
        raise ReferenceFileError(home, problems)
    return reference


def read_attributes() -> Attributes:
    """The registry of what rules may ask for that comes with Hearth."""
    reader = _Reader(resources.files(__package__) / "data")
    return MappingProxyType({each.key: each for each in reader.attributes()})


def read_words() -> Mapping[Language, Mapping[str, str]]:
    """The words in every language that come with Hearth."""
    reader = _Reader(resources.files(__package__) / "data")
    return MappingProxyType({language: reader.words(language) for language in TRANSLATED})


def _problems_between(reference: Reference) -> Iterator[FileProblem]:
    kinds, routes = reference.support_kinds, reference.routes
    yield from checks.council_problems(reference.councils)
    yield from checks.district_problems(reference.districts)
    yield from checks.support_kind_problems(kinds)
    yield from checks.twinning_problems(reference.twinnings, reference.councils)
    yield from checks.route_problems(routes, kinds)
    if wrong := list(checks.rule_problems(routes, reference.attributes)):
        yield from wrong
        return
    yield from checks.translation_problems(
        reference.translations, kinds, routes, reference.attributes
    )


class _Reader:
    """Reads on after a problem, so that one look shows them all."""

    def __init__(self, home: Traversable) -> None:
        self.home = home
        self.problems: list[FileProblem] = []

    def table(self, file: str, model: type[R]) -> tuple[R, ...]:
        text = self._text(file)
        if text is None:
            return ()
        columns = list(model.model_fields)
        try:
            rows = list(csv.reader(StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            self._say(file, f"is not CSV ({error}); save it as comma-separated UTF-8")
            return ()
        if not rows or rows[0] != columns:
            message = f"row 1 must name these columns in this order: {','.join(columns)}"
            self._say(file, message)
            return ()
        records = []
        for row, cells in enumerate(rows[1:], checks.FIRST_ROW):
            if len(cells) != len(columns):
                message = f"has {len(cells)} cells where {len(columns)} are wanted; mind the commas"
                self._say(file, message, row)
                continue
            named = {name: _cell(name, cell) for name, cell in zip(columns, cells, strict=True)}
            record = self._record(file, row, model, named)
            if record is not None:
                records.append(record)
        return tuple(records)

    def entries(self, file: str, model: type[R]) -> tuple[R, ...]:
        found = self._json(file, list)
        records = (
            self._record(file, entry, model, value)
            for entry, value in enumerate(found or (), checks.FIRST_ENTRY)
        )
        return tuple(record for record in records if record is not None)

    def attributes(self) -> tuple[AttributeRecord, ...]:
        return self.entries(checks.ATTRIBUTES, AttributeRecord)

    def routes(self) -> tuple[RouteRecord, ...]:
        folder = self.home / "routes"
        if not folder.is_dir():
            self._say("routes", f"there is no such folder in {self.home}; restore it")
            return ()
        files = sorted(f"routes/{f.name}" for f in folder.iterdir() if f.name.endswith(".json"))
        records = []
        for file in files:
            facts = self._json(file, dict)
            if facts is None:
                continue
            record = self._record(file, None, RouteRecord, facts | {"facts": facts})
            if record is not None:
                records.append(record)
                # A file's name is the code, so that no two routes can share one.
                if file != checks.route_file(record.code):
                    message = f"must be the file's name without .json, but is {record.code}"
                    self._say(file, message, column="code")
        return tuple(records)

    def words(self, language: Language) -> Mapping[str, str]:
        file = checks.translation_file(language)
        found = self._json(file, dict)
        try:
            return MappingProxyType(TypeAdapter(dict[str, Text]).validate_python(found or {}))
        except ValidationError as error:
            self.problems += problems_of(error, file, None)
            return {}

    def _record(self, file: str, row: int | None, model: type[R], value: Any) -> R | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self.problems += problems_of(error, file, row)
            return None

    def _json(self, file: str, kind: type[Any]) -> Any:
        text = self._text(file)
        if text is None:
            return None
        try:
            found = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            self._say(file, f"is not JSON ({error}); correct it there")
            return None
        if not isinstance(found, kind):
            self._say(file, f"must hold a JSON {'list' if kind is list else 'object'}")
            return None
        return found

    def _text(self, file: str) -> str | None:
        try:
            # Spreadsheets put a byte order mark before the first column's name.
            return self.home.joinpath(*file.split("/")).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            self._say(file, f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        except FileNotFoundError:
            self._say(file, f"there is no such file in {self.home}; restore it")
        except OSError as error:
            self._say(file, f"cannot be opened: {error.strerror}")
        return None

    def _say(
        self, file: str, message: str, row: int | None = None, column: str | None = None
    ) -> None:
        self.problems.append(FileProblem(file, row, column, message))


def _cell(column: str, cell: str) -> str | list[str] | None:
    if column in LISTS:
        return [part.strip() for part in cell.split(";")] if cell else []
    return cell or None
