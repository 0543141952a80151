"""GraphQL enums, from the words that tables share."""

import strawberry

from schema import words

for _word in (
    words.AttributeType,
    words.Audience,
    words.Basis,
    words.CheckKind,
    words.CheckState,
    words.Confidence,
    words.CouncilKind,
    words.DutyLevel,
    words.Language,
    words.LocationNow,
    words.Nation,
    words.OfferOrder,
    words.OfferStatus,
    words.ProblemCode,
    words.Readiness,
    words.ReportName,
    words.RouteFactSort,
    words.RouteStatus,
    words.StepFree,
    words.Tier,
    words.TwinningStatus,
    words.Verdict,
):
    strawberry.enum(_word, description=_word.__doc__)
