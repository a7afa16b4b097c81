"""AUTOMODEL_ISA: which kernels a run uses."""

import os

import pytest


def train(automodel, recipe, isa):
    return automodel(recipe, timeout=300, env={**os.environ, "AUTOMODEL_ISA": isa})


@pytest.mark.cpu
def test_the_plan_shows_the_kernels(automodel, recipe):
    done = train(automodel, recipe, "reference")
    assert done.returncode == 0, done.stderr
    assert "kernels     reference (AUTOMODEL_ISA; this processor can run reference" in done.stdout + done.stderr


def test_a_set_that_is_none_is_refused(automodel, recipe):
    done = train(automodel, recipe, "sse9")
    assert done.returncode == 2
    assert "AUTOMODEL_ISA: sse9 is none of reference, avx2, avx512, avx512_bf16, amx_bf16" in done.stderr
