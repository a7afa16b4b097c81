#!/usr/bin/env python3
"""Fetches the quickstart's model and data, which this example trains on as well."""

import pathlib
import runpy

runpy.run_path(str(pathlib.Path(__file__).parents[1] / "quickstart" / "fetch.py"), run_name="__main__")
