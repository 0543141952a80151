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
    words.DutyLevel,
    words.Language,
    words.Nation,
    words.OfferOrder,
    words.OfferStatus,
    words.ProblemCode,
    words.Readiness,
    words.RouteFactSort,
    words.RouteStatus,
    words.StepFree,
    words.Tier,
    words.TwinningStatus,
):
    strawberry.enum(_word, description=_word.__doc__)
