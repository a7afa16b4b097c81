#!/usr/bin/env python3
"""Adds up test reports and prints "N passed, N failed, N skipped".

    count_tests.py FOLDER

FOLDER holds ctest*.xml (ctest --output-junit), NAME_tests.xml (GoogleTest) and pytest*.xml. A test program that ctest
saw fail counts as one failure if its own report shows none, e.g. because it crashed. There are at least as many
failures as lines in FOLDER/failed_stages.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree as ET


def outcome(case: ET.Element) -> str:
    tags = {child.tag for child in case}
    if tags & {"failure", "error"}:
        return "failed"
    if "skipped" in tags or case.get("result") == "skipped":
        return "skipped"
    return "disabled" if case.get("status") in ("notrun", "disabled") else "passed"


def outcomes(report: pathlib.Path) -> collections.Counter:
    if not report.exists():
        return collections.Counter()
    return collections.Counter(outcome(case) for case in ET.parse(report).iter("testcase"))


def programs_without_a_word(ctest_report: pathlib.Path) -> int:
    """Programs that failed although their report is missing or shows no failure."""
    failed = [case.get("name") for case in ET.parse(ctest_report).iter("testcase") if outcome(case) == "failed"]
    reports = (ctest_report.with_name(f"{name}_tests.xml") for name in failed)
    return sum(outcomes(report)["failed"] == 0 for report in reports)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    total = collections.Counter()
    for report in sorted(folder.glob("**/*.xml")):
        if report.name.startswith("ctest"):
            total["failed"] += programs_without_a_word(report)
        else:
            total += outcomes(report)
    stages = folder / "failed_stages"
    num_failed_stages = len(stages.read_text().splitlines()) if stages.exists() else 0
    total["failed"] = max(total["failed"], num_failed_stages)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")


if __name__ == "__main__":
    main()
