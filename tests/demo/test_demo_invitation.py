# SPDX-License-Identifier: Apache-2.0
"""What the demonstration prints leads a newcomer to the agencies that hold something to ask for, at their own hour."""

import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

from paridad.cli.demo import PROGRAMME, invitation
from paridad.cli.two_processes import found_two
from paridad.programmes import shipped_story

STORY = tomllib.loads(shipped_story(PROGRAMME).decode("utf-8"))


def test_the_agencies_named_are_those_of_the_story(tmp_path: Path) -> None:
    """Whoever entered as the last agency of a party found no dossier there to answer with."""
    said = "\n".join(invitation(found_two(tmp_path, PROGRAMME)))
    assert re.findall(r"agency: (\S+);", said) == [STORY["main"]["asking"], STORY["main"]["asked"]]
    assert re.findall(r"--as (\S+)", said) == [
        f"{agency.partition('/')[2].lower()}-liaison" for agency in (STORY["main"]["asking"], STORY["main"]["asked"])
    ]


def test_each_party_of_the_story_has_its_own_hour_beside_utc() -> None:
    """A page of the demonstration said UTC alone, as if nobody worked anywhere."""
    parties = {STORY["main"][side].partition("/")[0] for side in ("asking", "asked")}
    assert set(STORY["zones"]) == parties
    assert all(ZoneInfo(zone).key != "UTC" for zone in STORY["zones"].values())
