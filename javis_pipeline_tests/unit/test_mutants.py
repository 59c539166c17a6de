"""The faults that `make mutants` puts into the program are still about the program as it is."""

import pytest

from javis_pipeline_tests.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_fault_applies_and_names_a_test(mutant: Mutant) -> None:
    file, _, test = mutant.killed_by.partition("::")

    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
