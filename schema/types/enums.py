"""GraphQL enums, from the words that tables share."""

import strawberry

from schema import words

for _word in (
    words.Audience,
    words.Basis,
    words.CheckKind,
    words.CheckState,
    words.Confidence,
    words.CouncilKind,
    words.Language,
    words.Nation,
    words.OfferOrder,
    words.OfferStatus,
    words.ProblemCode,
    words.Readiness,
    words.RouteStatus,
    words.StepFree,
    words.TwinningStatus,
):
    strawberry.enum(_word, description=_word.__doc__)
