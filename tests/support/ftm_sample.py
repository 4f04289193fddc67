# SPDX-License-Identifier: Apache-2.0
"""Entities of followthemoney in the manner of published data sets; every person, firm and number is invented."""

import json
from pathlib import Path
from typing import Any


def entity(id_: str, schema: str, *, context: dict[str, Any] | None = None, **properties: list[str]) -> dict[str, Any]:
    """Return one entity."""
    return {"id": id_, "schema": schema, "properties": properties, **(context or {})}


OLGA = entity(
    "sim-olga", "Person",
    context={"caption": "Olga Lidia Pinedo Ruiz", "datasets": ["sim_list", "sim_wiki"], "referents": ["sim-old-1"],
             "first_seen": "2023-04-20", "last_seen": "2026-11-20T06:00:00", "target": True},
    name=["Olga Lidia Pinedo Ruiz", "PINEDO RUIZ, Olga"], alias=["Olga Ruiz"], weakAlias=["La Maestra"],
    previousName=["Olga de Soto"], firstName=["Olga"], middleName=["Lidia"], lastName=["Pinedo", "Ruiz"],
    fatherName=["Raúl"], motherName=["Carmen"], birthDate=["1971-03-24", "1970", "sin fecha"],
    birthPlace=["Tepatitlán"], birthCountry=["aa"], nationality=["aa"], gender=["female"], position=["Directora"],
    idNumber=["PIRO710324MJCNZL92", "77-01"], taxNumber=["TEJ040112AB1"], passportNumber=["G12345678"],
    address=["Calle Inventada 12, Tepatitlán"], addressEntity=["sim-addr"], phone=["+52 1 33 5555 0101"],
    email=["olga@example.org"], topics=["sanction", "crime"], ethnicity=["x"], religion=["y"], political=["z"],
    notes=["Arrestada en primavera."], height=["165"], sourceUrl=["https://example.org/olga"],
)  # fmt: skip
FIRM = entity(
    "sim-firm-1", "Company", name=["Transportes Ejemplo, S.A. de C.V."], jurisdiction=["aa"], legalForm=["S.A. de C.V."],
    incorporationDate=["2004-01-12"], registrationNumber=["FM-88231"], leiCode=["529900INVENTED000001"],
)  # fmt: skip
CAR = entity("sim-car-01", "Vehicle", name=["Camioneta blanca"], registrationNumber=["JNV-47-11"], type=["pick-up"],
             model=["Inventada 200"], owner=["sim-olga"])  # fmt: skip
SHIP = entity("sim-ship-1", "Vessel", name=["Sirena del Golfo"], imoNumber=["IMO9900003"], mmsi=["345000000"],
              flag=["aa"], pastFlags=["bb"], callSign=["XCAB1"])  # fmt: skip
PLANE = entity("sim-plane1", "Airplane", name=["XA-SIM"], registrationNumber=["XA-SIM"], serialNumber=["0001"],
               icaoCode=["C208"], manufacturer=["Inventada"])  # fmt: skip
BANK = entity("sim-bank-1", "BankAccount", name=["032180000118359719"], accountNumber=["032180000118359719"],
              bankName=["Banco Inventado"], currency=["MXN"])  # fmt: skip
WALLET = entity("sim-wallet", "CryptoWallet", publicKey=["1InventedAddress"], currency=["XBT"], holder=["sim-olga"])
PASSPORT = entity("sim-pass-1", "Passport", holder=["sim-olga"], number=["G12345678"], country=["aa"],
                  startDate=["2010-05-05"], endDate=["2020-05-05"], authority=["SRE"])  # fmt: skip
CARD = entity("sim-card-1", "Identification", holder=["sim-olga"], number=["6068015"], type=["Cedula No."])
ADDRESS = entity("sim-addr", "Address", street=["Calle Inventada 12"], city=["Tepatitlán"], postalCode=["47600"],
                 country=["aa"], latitude=["20.8"])  # fmt: skip
SANCTION = entity("sim-sanc-1", "Sanction", entity=["sim-olga"], program=["SIM-ONE"], authorityId=["SIM 101"],
                  reason=["Inventada."], listingDate=["2024-01-31"])  # fmt: skip
OWNS = entity("sim-owns-1", "Ownership", owner=["sim-olga"], asset=["sim-firm-1"], role=["accionista"],
              percentage=["51"], startDate=["2019"])  # fmt: skip
RELATIVE = entity("sim-fam-01", "Family", person=["sim-olga"], relative=["sim-nobody"], relationship=["hermana"])

EVERY = (OLGA, FIRM, CAR, SHIP, PLANE, BANK, WALLET, PASSPORT, CARD, ADDRESS, SANCTION, OWNS)
"""Entities that all come in."""


def write_entities(path: Path, *entities: dict[str, Any]) -> Path:
    """Write a file of entities."""
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in entities), encoding="utf-8")
    return path
