"""Persisted documents: known by the SHA-256 hash of their text, which clients send instead."""

from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

from api.http.errors import HttpError
from api.reading.documents import Documents, InvalidDocumentError
from schema.refusals import Refused, UnknownDocument

MOST_KEPT = 1000


class Persisted:
    """The documents that may be named by hash: those of a folder, and those met lately.

    Only documents that were found valid are kept. Whoever asks by a hash gets the document that
    has it and no other, so it does no harm that anybody may have one kept.
    """

    def __init__(self, given: dict[str, str] | None = None) -> None:
        self._given = given or {}
        self._met: OrderedDict[str, str] = OrderedDict()
        self._texts: set[str] = set()

    def text(self, query: str | None, hashes: frozenset[str]) -> str:
        """The document that is sent or named; raises UnknownDocument.

        Raises HttpError where a hash that comes with the document isn't its own.
        """
        if query is not None:
            if hashes and hashes != {_hash(query)}:
                raise HttpError(400, "The hash is not that of the document.")
            return query
        if len(hashes) != 1:
            raise HttpError(400, '"documentId" and "persistedQuery" name different documents.')
        (wanted,) = hashes
        found = self._given.get(wanted)
        if found is None:
            found = self._met.get(wanted)
            if found is None:
                raise UnknownDocument
            self._met.move_to_end(wanted)
        return found

    def meet(self, text: str) -> None:
        """Keep a valid document, for as long as there are no more recent ones."""
        if text in self._texts:
            return
        self._texts.add(text)
        self._met[_hash(text)] = text
        if len(self._met) > MOST_KEPT:
            _, forgotten = self._met.popitem(last=False)
            self._texts.discard(forgotten)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def read_documents(folder: Path | None, documents: Documents) -> dict[str, str]:
    """The documents (*.graphql) of a folder by their hash, exactly as `sha256sum` prints it.

    Raises ValueError for a folder that isn't there and a document that isn't valid.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ValueError(f"HEARTH_DOCUMENTS: {folder} is not a folder.")
    found = {}
    for file in sorted(folder.glob("**/*.graphql")):
        text = file.read_bytes().decode("utf-8")
        try:
            documents.document(text)
        except (InvalidDocumentError, Refused) as error:
            raise ValueError(f"HEARTH_DOCUMENTS: {file} can't be answered: {error}") from error
        found[_hash(text)] = text
    return found
