# SPDX-License-Identifier: Apache-2.0
"""A matter in each state that pages are about.

Worked example
    Stages(houses, "MX/FGR", "US/DOJ").names["answered"]        is a folio that was answered
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from paridad.cli.operations import OPERATIONS
from support.run_stages import TERMS, RunStages
from support.web_world import BASIS, PURPOSE, RECORD_BASIS, Houses

TABLE = (
    "Folio;Nombre;Primer apellido;Fecha de nacimiento;Religión;Teléfono\r\n"
    "1;Olga Lidia;Pinedo;24/03/1971;x;33 5555 0101\r\n2;Eva;PeÃ±a;04/05/1980;;\r\n3;;;;;\r\n"
)
"""An invented table, with a name that was read in another encoding and a row without one."""
MAPPING = {
    "Folio": "entry",
    "Nombre": "given_names",
    "Primer apellido": "paternal",
    "Fecha de nacimiento": "birth_date",
}


@dataclass
class Stages:
    """Folios of two agencies, brought into their states when this is made."""

    houses: Houses
    asking: str
    asked: str
    names: dict[str, str] = field(default_factory=dict)
    """Folios and acts by what they are examples of."""

    def __post_init__(self) -> None:
        self.names["record"] = self.houses.record(self.asked, seed=2)
        for name in ("sent", "answered", "recalled", "paused", "closed", "proposed"):
            self.names[name] = self.opened()
        for name in ("answered", "recalled", "closed"):
            said = self.says(self.asked, "answer", self.names[name], record=[self.names["record"]])
            self.names[f"{name}-act"] = said["acts"][0]["act"]
        self.says(
            self.asked, "recall", self.names["recalled"], of=self.names["recalled-act"], reason="Attributed wrongly."
        )
        self.says(self.asked, "ask-clarification", self.names["paused"], question="Which Olga?")
        self.says(self.asked, "suspend", self.names["paused"], reason="A holiday.")
        self.names["proposal"] = self._proposed()
        self.names["case"] = self._declared()
        self.names["sighting"] = self._reported()
        self.names["mistaken"] = self._claimed()
        self._links()
        self.houses.settle()
        self.says(self.asking, "outcome", self.names["closed"], outcome="investigation-opened")
        self.says(self.asking, "close", self.names["closed"])
        self.houses.settle()
        self._compare()
        self._tables()

    def _tables(self) -> None:
        """Hand in tables at the asked side: one that waits to be mapped, one that was brought in."""
        data = b64encode(TABLE.encode()).decode("ascii")
        self.names |= {
            name: str(self._ask(self.asked, "import.upload", name="padron.csv", data=data)["upload"])
            for name in ("upload", "imported")
        }
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": RECORD_BASIS}
        mapping = {"name": "padron", "source": "Padrón inventado", "columns": MAPPING, "divider": "semicolon"}
        done = self._ask(self.asked, "import.start", upload=self.names["imported"], mapping=mapping, **marks)
        self.names["report"] = str(done["progress"]["act"])

    def _links(self) -> None:
        """Link the record with another of the same documents, and with the folio that asks about it."""
        marks = {"act": self.names["record"], "handling": "AMBER", "purpose": PURPOSE, "basis": RECORD_BASIS}
        other = self.houses.record(self.asked, seed=2)
        said = {"relation": "associate", "role": "socia", "since": "2019", "source": "Caso 7"}
        self._ask(self.asked, "targets.link", to=other, **said, **marks)
        self._ask(self.asked, "targets.link", folio=self.names["sent"], relation="subject_of", **marks)

    def _proposed(self) -> str:
        said = self.says(self.asked, "propose.answer", self.names["proposed"], record=[self.names["record"]])
        return str(said["acts"][0]["act"])

    def _compare(self) -> None:
        """Bring a run to its close, and another to its leads; a third is proposed between two other agencies."""
        runs = RunStages(self.houses.parties, self.asking, self.asked)
        draft = runs.ask(self.asking, "propose", second=True, peer=self._other(self.asked), **TERMS)
        back = RunStages(self.houses.parties, self._other(self.asking), self.asked, only_proposed=True)
        self.names |= {**runs.names, **back.names, "draft": draft["draft"]}

    def _other(self, agency: str) -> str:
        """Return another agency of the same party."""
        signers = self.houses.parties.by_name[agency.partition("/")[0]].own.act_signers
        return next(each for each in sorted(signers) if each != agency)

    def _declared(self) -> str:
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}
        words = {"title": "Ruta norte", "aims": "Saber quién compra.", "wanted": "Registros de compra."}
        case = self._ask(self.asked, "targets.case.declare", to=[self.asking], **words, **marks, simulated=True)
        name = str(case["acts"][0]["act"])
        self._ask(self.asked, "targets.case.update", act=name, report="Dos compras en un mes.")
        self._ask(self.asked, "targets.case.link", act=name, dossier=[self.names["record"]])
        return name

    def _reported(self) -> str:
        seen = {"event": "seen", "ago": "20", "area": "Tijuana", "description": "Camioneta gris, sin placas."}
        place = {"cell": "872830828ffffff", "point": "32.53,-117.02", "source_precision": "point"}
        said = self._ask(
            self.asked,
            "targets.sighting.report",
            of=self.names["record"],
            reliability="first_hand",
            **seen,
            **place,
            simulated=True,
        )
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}
        self._ask(self.asked, "targets.sighting.report", to=self.asking, reliability="device", **seen, **place, **marks)
        return str(said["acts"][0]["act"])

    def _claimed(self) -> str:
        """File a dossier of its own, and a claim about it; the dossier is given to nobody."""
        record = self.houses.record(self.asked, seed=7)
        claim = {"channel": "representative", "claim": "No es ella: nació en otro año.", "fact": ["Nació en 1990."]}
        self._ask(self.asked, "targets.mistaken.file", act=record, **claim)
        return record

    def opened(self) -> str:
        """Open a folio and deliver it."""
        marks = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS, "urgency": "urgent", "desk": "targets"}
        said = self._ask(self.asking, "folio.ask", to=self.asked, question="¿Quién es Olga?", **marks)
        self.houses.settle()
        return str(said["folio"])

    def says(self, agency: str, command: str, folio: str, **more: Any) -> Any:
        """Say something in a folio."""
        return self._ask(agency, f"folio.{command}", folio=folio, **more)

    def _ask(self, agency: str, operation: str, **arguments: Any) -> Any:
        node = self.houses.parties.by_name[agency.partition("/")[0]]
        return OPERATIONS[operation](node, {"officer": liaison(agency), **arguments})


def liaison(agency: str) -> str:
    """Return the liaison officer of an agency."""
    return f"{agency.partition('/')[2].lower()}-liaison"
