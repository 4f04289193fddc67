# SPDX-License-Identifier: Apache-2.0
"""A small list in the layout of the official one: every person, firm and ship in it is invented."""

from pathlib import Path
from typing import NamedTuple

ABSENT = "-0- "


def line(*cells: str) -> str:
    """Write one row as the list does: numbers and absent values bare, texts in quotes."""
    return ",".join(cell if cell == ABSENT or cell.isdigit() else f'"{cell}"' for cell in cells) + "\r\n"


def entry(number: int | str, name: str, kind: str = ABSENT, programme: str = "SIM-ONE", remarks: str = ABSENT) -> str:
    """Write one row of the list without title and craft columns."""
    return line(str(number), name, kind, programme, *([ABSENT] * 7), remarks)


SDN = (
    line("101", "PINEDO RUIZ, Olga Lidia", "individual", "SIM-ONE] [SIM-TWO", "Directora; Apoderada", *([ABSENT] * 6),
         "DOB 24 Mar 1971; alt. DOB circa 1970; POB Tepatitlan, Jalisco, Aa; nationality Aa; citizen Bb; Gender Female; "
         "C.U.R.P. PIRO710324MJCNZL92 (Aa); Passport G12345678 (Aa) issued 05 May 2010 expires 05 May 2020; "
         "a.k.a. 'LA MAESTRA'; Email Address olga@example.org; Linked To: TRANSPORTES EJEMPLO, S.A. DE C.V.; "
         "arrested in spring.")
    + entry(102, "TRANSPORTES EJEMPLO, S.A. DE C.V.", remarks="Organization Established Date 12 Jan 2004; "
            "Organization Type: Freight transport by road; R.F.C. TEJ-040112-AB1 (Aa); "
            "Additional Sanctions Information - Subject to Secondary Sanctions.")
    + line("103", "SIRENA DEL GOLFO", "vessel", "SIM-ONE", ABSENT, "XCAB1", "General Cargo", "9,000", "5,000", "Aa",
           "Naviera Ejemplo", "Former Vessel Flag Bb; Vessel Registration Identification IMO 9074729; MMSI 345000000.")
    + entry(104, "SIM-104", "aircraft", remarks="Aircraft Model Invented 200; Aircraft Operator AIRE EJEMPLO; "
            "Aircraft Manufacturer's Serial Number (MSN) 0001.")
    + "\x1a"
)  # fmt: skip
ALT = (
    line("101", "1", "aka", "RUIZ, Olga", ABSENT)
    + line("101", "2", "fka", "PINEDO DE SOTO, Olga Lidia", "married name")
    + line("102", "3", "nka", "LOGISTICA EJEMPLO", ABSENT)
    + "\x1a"
)
ADD = (
    line("101", "7", "Calle Inventada 12, Col. Centro", "Tepatitlan 47600", "Aa", ABSENT)
    + line("102", "8", ABSENT, ABSENT, ABSENT, ABSENT)
    + "\x1a"
)


class Files(NamedTuple):
    """The three files of a list."""

    sdn: Path
    alt: Path
    add: Path


def write_list(folder: Path, *, sdn: str = SDN, alt: str = ALT, add: str = ADD) -> Files:
    """Write the three files and return their paths."""
    paths = Files(folder / "sdn.csv", folder / "alt.csv", folder / "add.csv")
    for path, text in zip(paths, (sdn, alt, add), strict=True):
        path.write_bytes(text.encode("utf-8"))
    return paths
