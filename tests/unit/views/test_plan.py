from __future__ import annotations

import re

from tests.unit import fakes, guest_data
from tests.unit.fakes import NIC

from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.views import plan
from runbook.views.page.picture import Picture

HOOK = "/etc/libvirt/hooks/network.d/50-runbook-routed"


def drawn() -> tuple[Plan, Picture]:
    seen = fakes.seen()
    made = make_plan(fakes.params(), seen)
    return made, plan(made, seen)


def open_part(body: str) -> str:
    """What is seen before anything is unfolded."""
    return re.sub(r"</summary>.*?</details>", "</summary></details>", body, flags=re.DOTALL)


def test_the_first_line_says_in_numbers_what_the_plan_comes_to() -> None:
    made, picture = drawn()
    first = picture.text.splitlines()[0]
    assert first.startswith("Plan: ")
    for words in ("files new, 1 edited, 1 network,", f"{len(made.steps())} steps"):
        assert words in first
    assert f"undone after {made.deadline_s} s unless confirmed" in first
    assert "0 " not in first.replace(f"{made.deadline_s} s", "")


def test_the_diffs_of_edited_files_stand_before_the_steps() -> None:
    _, picture = drawn()
    assert picture.text.index(f"-iface {NIC} inet static") < picture.text.index("  1  prepare")
    assert picture.body.index("rb-diff") < picture.body.index("rb-plan")


def test_each_step_is_one_line_with_its_number_and_phase() -> None:
    made, picture = drawn()
    lines = [line for line in picture.text.splitlines() if re.match(r" *\d+  \w+ +\S", line)]
    assert len(lines) == len(made.steps())
    assert [line.split()[1] for line in lines] == [n.change.phase for n in made.steps()]
    assert picture.body.count("<li>") == len(made.steps())


def test_the_script_that_will_run_as_root_is_whole_and_folded() -> None:
    made, picture = drawn()
    (hook,) = [f.text for f in made.of_host.files if f.path == HOOK]
    said = hook.splitlines()[-1]
    assert said in picture.body
    assert said not in open_part(picture.body)
    assert HOOK in open_part(picture.body)


def test_the_undo_of_each_change_is_folded_and_a_log_names_the_file_that_has_it() -> None:
    made, picture = drawn()
    undo = made.changes[0].undo()[0].describe()
    assert undo in picture.body
    assert undo not in open_part(picture.body)
    assert "plan.json in the run folder" in picture.text


def test_the_cutover_is_one_line_that_says_how_many_messages_it_has() -> None:
    _, picture = drawn()
    (line,) = [
        line
        for line in picture.text.splitlines()
        if "the cutover, as one netlink datagram: " in line
    ]
    assert re.search(r"\d+ netlink messages$", line)
    assert "master virbr1" not in line


def test_what_a_host_calls_its_things_is_escaped() -> None:
    text = f"{fakes.INTERFACES}# <b>$x$\n"
    seen = fakes.seen(files=[fakes.file("/etc/network/interfaces", text)])
    body = plan(make_plan(fakes.params(), seen), seen).body
    assert "# &lt;b&gt;$x$" in body
    assert "<b>$x$" not in body


def test_an_approval_can_be_compared_with_the_plan_that_is_shown() -> None:
    made, picture = drawn()
    assert made.digest in picture.text
    assert f"Plan {made.digest[:12]}: " in picture.body


def test_what_changes_in_a_file_of_a_guest_is_in_the_open() -> None:
    seen = guest_data.seen()
    picture = plan(guest_data.plan(seen), seen)
    assert "/etc/network/interfaces in vm-01, before (-) and after (+)" in picture.text
    assert "-iface eth0 inet dhcp" in picture.text
    assert "\n\n\n" not in picture.text
