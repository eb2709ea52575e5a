"""Pages are counted from one."""

import pytest

from bursar.kernel.paging import Page, PageRequest


@pytest.mark.parametrize(("number", "size", "offset"), [(1, 10, 0), (2, 10, 10), (7, 25, 150)])
def test_rows_before_a_page(number, size, offset):
    assert PageRequest(number, size).offset == offset


def test_a_page_is_rendered_row_by_row_and_keeps_its_total():
    page = Page([1, 2], 12, PageRequest(3, 5))
    assert page.of(str) == Page(["1", "2"], 12, PageRequest(3, 5))
