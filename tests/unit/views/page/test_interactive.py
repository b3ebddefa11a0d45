from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from runbook.views import page_head
from runbook.views.page.interactive import FOLDER, LIBRARY, script, script_source

# DataTables 3.1.5 as npm has it; scripts/datatables says what it fetched.
LOOKED_AT = "38017a5586acd9c6eb6bbfe8b6938e1a25bdc717c5acfcb07e0c9d663282c59d"
KILOBYTES = 150


def test_the_library_is_the_one_that_was_looked_at_with_its_licence_beside_it() -> None:
    folder = files("runbook.views.page").joinpath(FOLDER)
    assert hashlib.sha256(folder.joinpath(LIBRARY).read_bytes()).hexdigest() == LOOKED_AT
    assert "MIT" in folder.joinpath("License.txt").read_text()
    assert "SpryMedia" in script()


def test_a_notebook_grows_little_by_it_and_loads_nothing() -> None:
    body = page_head().body
    assert len(body) < KILOBYTES * 1000
    for word in ("import(", "XMLHttpRequest(", "<link", "src="):
        assert word not in body


def test_the_script_ends_where_it_should_and_its_digest_is_that_of_what_stands_there() -> None:
    body = page_head().body
    assert body.count("</script") == 1
    assert "<!--" not in body
    inner = body.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
    assert script_source() == f"'sha256-{digest}'"


def test_a_terminal_is_told_what_the_page_can_do() -> None:
    assert "sorted, filtered and searched" in repr(page_head())
