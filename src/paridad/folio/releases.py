# SPDX-License-Identifier: Apache-2.0
"""The acts by which something leaves, as drafts: request, answer, supplement, consent.

Rules
  - No handling code, no purpose, no basis of the charter: nothing leaves. A party rests on a common basis or on its
    own law.
  - A release names what is given, field by field, and what is withheld, with rule and clause. To withhold everything
    is a refusal, and is said as one.
  - These drafts are what a second person approves; the same function makes them for the proposal and for sending.

Worked example
    release_draft(folio, Answer(given=(Given(dossier, "name"),), …), now, terms).fields["given"]
        is [{"record": dossier, "paths": ["name"]}]
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.folio.commands import Answer, Ask, Consent, Given, Order, Releasing, Supplement, Withheld
from paridad.folio.errors import demand, found
from paridad.folio.state import Folio, Release
from paridad.folio.terms import Terms


@dataclass(frozen=True, slots=True)
class Marks:
    """The handling code, purpose and basis under which an act goes."""

    handling: str
    purpose: str
    basis: str


def release_draft(folio: Folio, command: Releasing, now: int, terms: Terms) -> Draft:
    """Return what a releasing command would let out, or raise `NotNow`."""
    match command:
        case Ask():
            return _request(folio, command, terms)
        case Answer():
            return _answer(folio, command, terms)
        case Supplement():
            return _supplement(folio, command, terms)
        case _:
            return _consent(folio, command, now)


def needs_two(command: Releasing, draft: Draft, terms: Terms) -> bool:
    """Whether the handling code asks for a second person; a bare question or a consent denied lets nothing out."""
    match command:
        case Ask():
            releases = bool(command.given)
        case Answer() | Supplement():
            releases = True
        case _:
            releases = command.granted
    return releases and (draft.handling not in terms.handling or terms.handling[draft.handling].two_person)


def say(
    folio: Folio,
    command: Order,
    kind: str,
    fields: Mapping[str, JsonValue],
    *,
    re: Sequence[str] | None = None,
    marks: Marks | None = None,
) -> Draft:
    """Return a draft to the other side of the folio, under the marks of its request unless others are given."""
    request = folio.request
    assert request is not None
    marks = marks or Marks(request.handling, request.purpose, request.basis)
    return Draft(
        kind=f"folio/{kind}/1",
        iss=command.agency,
        aud=(folio.agency(folio.other(party_of(command.agency))),),
        handling=marks.handling,
        purpose=marks.purpose,
        basis=marks.basis,
        fields=fields,
        folio=folio.id,
        re=tuple(re) if re is not None else (request.hash,),
    )


def filled(**fields: JsonValue) -> dict[str, JsonValue]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value not in ("", (), [])}


def demand_marks(marks: Marks, party: str, terms: Terms) -> Marks:
    """Let only codes of the charter through; what has no mark does not leave."""
    demand(
        marks.handling in terms.handling,
        f"«{marks.handling}» no es un código de manejo del acuerdo; elija uno de la lista.",
        f'"{marks.handling}" is not a handling code of the charter; choose one of the list.',
    )
    demand(
        marks.purpose in terms.purposes,
        f"«{marks.purpose}» no es una finalidad del acuerdo; elija una de la lista.",
        f'"{marks.purpose}" is not a purpose of the charter; choose one of the list.',
    )
    demand(
        marks.basis in terms.bases and terms.bases[marks.basis] in {None, party},
        f"«{marks.basis}» no es un fundamento legal que su parte pueda invocar; nombre la suya.",
        f'"{marks.basis}" is not a legal basis on which your party can rest; name your own.',
    )
    return marks


def demand_text(text: str, es: str, en: str) -> None:
    """Ask for a text that is not blank."""
    demand(text.strip(), es, en)


def demand_grounds(grounds: Sequence[str], terms: Terms) -> None:
    """Ask for at least one ground, and only such as the charter knows."""
    demand(
        grounds and set(grounds) <= terms.grounds,
        "Una negativa nombra al menos una causa del acuerdo.",
        "A refusal names at least one ground of the charter.",
    )


def demand_assurances(assurances: Sequence[str], terms: Terms) -> None:
    """Let a party assure only what the charter knows as an assurance."""
    demand(
        set(assurances) <= terms.assurances,
        "Las garantías se eligen de las obligaciones que la carta marca como tales: "
        + (", ".join(sorted(terms.assurances)) or "no hay ninguna"),
        "Assurances are chosen from the obligations that the charter marks as such: "
        + (", ".join(sorted(terms.assurances)) or "there is none"),
    )


def marks_of(folio: Folio, release: Release) -> Marks:
    """Return the marks for speaking of a release: as strict as what was released."""
    assert folio.request is not None
    return Marks(release.handling, folio.request.purpose, folio.request.basis)


def _request(folio: Folio, command: Ask, terms: Terms) -> Draft:
    party = party_of(command.agency)
    demand(
        command.to in terms.agencies and party_of(command.to) != party,
        "La solicitud se dirige a una dependencia de otra parte del acuerdo; elíjala de la lista.",
        "A request goes to an agency of another party of the charter; choose it from the list.",
    )
    demand(
        command.urgency in terms.urgencies,
        "Elija una urgencia del acuerdo: de ella dependen los plazos.",
        "Choose an urgency of the charter: the clocks depend on it.",
    )
    demand(
        not command.desk or command.desk in terms.desks,
        "Elija una mesa del acuerdo, o ninguna.",
        "Choose a desk of the charter, or none.",
    )
    demand_text(command.question, "Escriba qué se pregunta.", "Write what is asked.")
    demand_assurances(command.assurances, terms)
    _demand_given(command.given, ())
    marks = demand_marks(Marks(command.handling, command.purpose, command.basis), party, terms)
    fields = filled(
        urgency=command.urgency,
        question=command.question,
        desk=command.desk,
        given=_given_tree(command.given),
        assurances=list(command.assurances),
    )
    records = _records(command.given)
    return Draft(
        kind="folio/request/1",
        iss=command.agency,
        aud=(command.to,),
        handling=marks.handling,
        purpose=marks.purpose,
        basis=marks.basis,
        fields=fields,
        folio=folio.id,
        re=records,
    )


def _answer(folio: Folio, command: Answer, terms: Terms) -> Draft:
    assert folio.request is not None
    demand(
        bool(command.given) != command.nothing_held,
        "Diga qué se entrega, o que no obra nada; si se retiene todo, niegue con causa.",
        "Say what is given, or that nothing is held; if everything is withheld, refuse with grounds.",
    )
    fields = {"partial": command.partial, **_material(command, terms)}
    if command.nothing_held:
        fields["nothing_held"] = True
    return say(
        folio,
        command,
        "answer",
        fields,
        re=(folio.request.hash, *_records(command.given)),
        marks=_marks(folio, command, terms),
    )


def _supplement(folio: Folio, command: Supplement, terms: Terms) -> Draft:
    demand(
        any(release.hash == command.of for release in folio.answers),
        "Solo se amplía una respuesta de este folio; elija cuál.",
        "Only an answer of this folio can be added to; choose which.",
    )
    demand(command.given, "Diga qué se entrega además.", "Say what is given in addition.")
    return say(
        folio,
        command,
        "supplement",
        {"partial": command.partial, **_material(command, terms)},
        re=(command.of, *_records(command.given)),
        marks=_marks(folio, command, terms),
    )


def _consent(folio: Folio, command: Consent, now: int) -> Draft:
    theirs = (each for each in folio.onward if each.by != party_of(command.agency) and each.answer is None)
    onward = found(
        next((each for each in theirs if each.hash == command.of), None),
        "Elija una petición de la otra parte que esté sin responder.",
        "Choose a request of the other party that has no answer yet.",
    )
    demand(
        not command.granted or command.expires > now,
        "El consentimiento vence en una fecha futura; indíquela.",
        "A consent ends on a date to come; state it.",
    )
    demand(
        command.granted or command.explanation.strip(),
        "Explique por qué no se consiente.",
        "Explain why the consent is not given.",
    )
    release = next(each for each in folio.releases if each.hash == onward.release)
    fields = {
        "granted": command.granted,
        "record": onward.record,
        "recipient": onward.recipient,
        "purpose": onward.purpose,
        **filled(conditions=list(command.conditions), explanation=command.explanation),
    }
    if command.granted:
        fields["expires"] = command.expires
    return say(folio, command, "consent", fields, re=(onward.hash,), marks=marks_of(folio, release))


def _marks(folio: Folio, command: Answer | Supplement, terms: Terms) -> Marks:
    assert folio.request is not None
    request = folio.request
    marks = Marks(command.handling or request.handling, request.purpose, command.basis or request.basis)
    return demand_marks(marks, party_of(command.agency), terms)


def _material(command: Answer | Supplement, terms: Terms) -> dict[str, JsonValue]:
    _demand_given(command.given, command.withheld)
    demand(
        set(command.obligations) <= terms.obligations,
        "Las obligaciones se eligen de la lista del acuerdo.",
        "Obligations are chosen from the list of the charter.",
    )
    return {
        "given": _given_tree(command.given),
        "withheld": _withheld_tree(command.withheld),
        **filled(obligations=list(command.obligations), remark=command.remark),
    }


def _demand_given(given: Sequence[Given], withheld: Sequence[Withheld]) -> None:
    named = [(each.record, each.path) for each in given]
    demand(
        all(record and path for record, path in named) and len(set(named)) == len(named),
        "Cada campo que se entrega se nombra una vez, con su acto.",
        "Each field that is given is named once, with its act.",
    )
    demand(
        all(each.what.strip() and each.rule.strip() and each.clause.strip() and each.count > 0 for each in withheld),
        "De lo que se retiene se dice qué es, cuánto, por qué regla y por qué cláusula.",
        "Of what is withheld it is said what it is, how many, by which rule and by which clause.",
    )
    demand(
        not set(named) & {(each.record, each.what) for each in withheld},
        "Un mismo campo no se entrega y se retiene a la vez.",
        "One field is not given and withheld at once.",
    )


def _records(given: Sequence[Given]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record for each in given))


def _given_tree(given: Sequence[Given]) -> list[JsonValue]:
    """Name the fields that are given, record by record."""
    return [
        {"record": record, "paths": [each.path for each in given if each.record == record]}
        for record in _records(given)
    ]


def _withheld_tree(withheld: Sequence[Withheld]) -> list[JsonValue]:
    return [filled(**asdict(each)) for each in withheld]
