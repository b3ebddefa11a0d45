"""A host whose every word is hostile: nothing of it reaches a terminal or becomes HTML."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests import bench
from tests.bench import papermill
from tests.rehearsal.test_secrets import file

from runbook.notebook.archive import file_away
from runbook.state.dhcp_clients import LISTS, NAMES

NIC = "enp4s0f0"
# The title of a terminal, a line that hides another, C1, an override of direction, markup, a
# template, a shell.
HTML = "<img src=x onerror=alert(1)><script>alert(2)</script><a href='javascript:alert(3)'>x</a>"
WORDS = f"\x1b]0;pwn\x07\x1b[2J\r\x9b31m\u202e\u2066{HTML}{{{{7*7}}}}${{HOME}}$(id)`id`'\"\\"
COMMENT = WORDS.replace('"', "").replace("\r", "").replace("\\", "")
RULES = f"""\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[0:0] -A INPUT -i {NIC} -m comment --comment "{COMMENT}" -j ACCEPT
COMMIT
"""
LEASE = """\
lease {{
  interface "{nic}";
  fixed-address 172.16.1.1;
  option domain-name "{words}";
  expire never;
}}
"""


def process(pid: int, cmdline: str, *, net: bool = True) -> dict[str, Any]:
    """One of an unprivileged user."""
    shared = {"net": net, "mnt": True, "user": True}
    uids = [1000, 1000, 1000, 1000]
    # As the relay tells it: one character a byte.
    said = cmdline.encode().decode("latin-1")
    owner = {"owner": f"mallory{WORDS}", "uids": uids, "ppid": 1, "net_admin": False}
    return {"pid": pid, "cmdline": said, "exe": f"/home/{WORDS}/dhclient", **owner, **shared}


def make_hostile(home: Path) -> None:
    """Every text that somebody else chooses has the words in it."""
    path = home / "params" / "example.json"
    told = json.loads(path.read_text())
    answers: dict[tuple[str, ...], Any] = {
        tuple(a["question"]): a["answer"] for a in told["answers"]
    }
    answers["processes", *NAMES] = [
        process(100, f"dhclient\0{WORDS}\0{NIC}\0"),
        process(101, f"/home/{WORDS}/dhclient\0{NIC}\0", net=False),
        process(102, f"dhcpcd: {NIC} [ip4]{WORDS}\0"),
    ]
    answers.update(dict.fromkeys((("file", path) for path in LISTS), None))
    held = answers["file", "/etc/network/interfaces"]["content"]
    held["text"] += f"# {COMMENT}\n"
    answers["file", "/etc/resolv.conf"] = file({"text": f"search {WORDS}\n"})
    answers["file", "/etc/os-release"]["content"]["text"] += f"PRETTY_NAME={json.dumps(WORDS)}\n"
    answers["file", "/proc/sys/kernel/hostname"]["content"]["text"] = f"server{WORDS}\n"
    lease = "/var/lib/dhcp/dhclient.leases"
    answers["glob", "/var/lib/dhcp/dhclient*.leases"] = [lease]
    answers["file", lease] = file({"text": LEASE.format(nic=NIC, words=COMMENT)})
    answers["query", "iptables-nft-save", "-c"]["stdout"] = {"text": RULES}
    for question, answer in answers.items():
        if (
            question[0] == "query"
            and question[1] in ("ip", "virsh", "nft")
            and "-j" not in question
        ):
            answer["stdout"] = {"text": answer["stdout"].get("text", "") + WORDS}
    told["answers"] = [{"question": list(q), "answer": a} for q, a in answers.items()]
    path.write_text(json.dumps(told))


class Markup(HTMLParser):
    """What a browser would act on."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        super().__init__()
        self.acts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what loads or runs something."""
        if tag in {"img", "iframe", "object", "embed", "link", "base", "form", "meta"}:
            self.acts.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.acts.append(f"{tag} {name}={value}")


def acts(html: str) -> list[str]:
    reading = Markup()
    reading.feed(html)
    return reading.acts


def drives(text: str) -> list[str]:
    """Characters that a terminal acts on, but the colours of a traceback."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return [c for c in plain if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t"]


@pytest.mark.timeout(600)
def test_no_word_of_a_host_drives_a_terminal_or_becomes_html(tmp_path: Path) -> None:
    home = bench.make_home(tmp_path)
    make_hostile(home)
    given = ("-p", "host", "example", "-p", "consent", "bpdu,dhcp-reservation")
    done = papermill(home, *given, "--log-output")
    assert done.status == 0, done.said
    assert "alert(1)" in done.page
    assert "mallory" in done.out.read_text()
    assert drives(done.said) == []
    assert drives(done.page) == []
    outputs = [o for c in done.notebook["cells"] for o in c.get("outputs", []) if "data" in o]
    pictures = ["".join(o["data"].get("text/html", "")) for o in outputs]
    assert [acts(html) for html in pictures if acts(html)] == []
    assert not any("alert(2)</script>" in html for html in pictures)

    _, page = file_away(done.out, home / "outputs")
    assert set(acts(page.read_text())) <= {"meta"}
    folder = page.parent
    for path in folder.iterdir():
        assert b"\x1b" not in path.read_bytes(), path
    assert drives((folder / "journal").read_text()) == []
