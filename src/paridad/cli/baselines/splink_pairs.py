# SPDX-License-Identifier: Apache-2.0
"""Pairs that Splink finds in a set of records, its weights fitted in the run; run by an interpreter that has Splink.

Rules
  - Reads from stdin {"records": [{"unique_id": …, "given_name": …, …}], "columns": […]}; fits without labels: u by
    random sampling, m by expectation maximisation, as its documentation does.
  - Writes {"pairs": [[id, id, probability], …], "seconds": …, "version": …}, from a probability of 0.01 on.

Worked example
    python splink_pairs.py < records.json
"""

import json
import sys
import time

import pyarrow as pa
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

NAMES = frozenset({"given_name", "surname", "second_surname"})


def _comparison(column: str) -> object:
    if column in NAMES:
        return cl.NameComparison(column)
    return cl.DamerauLevenshteinAtThresholds(column, [1, 2])


if __name__ == "__main__":
    given = json.load(sys.stdin)
    columns: list[str] = given["columns"]
    started = time.process_time()
    api = DuckDBAPI()
    rules = [block_on(each) for each in columns]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(each) for each in columns],
        blocking_rules_to_generate_predictions=rules,
    )
    table = pa.Table.from_pylist([{key: value or None for key, value in each.items()} for each in given["records"]])
    linker = Linker(api.register(table), settings, log_level=50)
    linker.training.estimate_probability_two_random_records_match(rules[:1], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in rules:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.01).as_record_list()
    pairs = [[each["unique_id_l"], each["unique_id_r"], each["match_probability"]] for each in found]
    json.dump({"pairs": pairs, "seconds": time.process_time() - started, "version": splink.__version__}, sys.stdout)
