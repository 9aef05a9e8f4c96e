"""Every example in a docstring runs and is right."""

import doctest
import importlib
import pkgutil

import pytest

from modelfleet import domain

MODULES = [m.name for m in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}.")]
NAMESPACE = {"np": importlib.import_module("numpy")}


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name):
    """People copy examples: each must give what it says."""
    found = doctest.testmod(importlib.import_module(name), extraglobs=NAMESPACE)
    assert found.failed == 0


def test_there_are_examples():
    """The search above does find them."""
    tests = doctest.DocTestFinder(exclude_empty=True)
    examples = [t for name in MODULES for t in tests.find(importlib.import_module(name))]
    assert sum(bool(test.examples) for test in examples) >= 4
