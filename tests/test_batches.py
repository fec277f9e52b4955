"""Long lists of values in queries."""

import pytest

from db.batches import batches, marks
from db.connection import Database


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1500, 1501])
def test_every_item_comes_once_in_its_order_and_no_part_is_empty_or_long(count: int):
    parts = list(batches(iter(range(count))))
    assert [item for part in parts for item in part] == list(range(count))
    assert all(0 < len(part) <= 500 for part in parts)


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_a_query_takes_as_many_values_as_there_are_marks(count: int):
    values = list(range(count))
    found = Database(memory=True).execute(f"SELECT 7 WHERE 0 IN ({marks(values)})", values).fetchall()
    assert found == ([(7,)] if count else [])
