"""One value planted wherever a host has secrets; afterwards `grep` looks for it in every file."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import bench
from tests.bench import BIN, environment, papermill

SECRET = "S3cretVaLue99"  # noqa: S105 - planted, to be looked for
NIC = "enp4s0f0"
RULES = f"""\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
# password: {SECRET}
[0:0] -A INPUT -i {NIC} -m comment --comment "password={SECRET}" -j ACCEPT
[0:0] -A INPUT -m comment --comment "the passphrase is {SECRET}" -j ACCEPT
COMMIT
"""
HOOK = f"""\
#!/bin/sh
API_KEY={SECRET}
export TOKEN='{SECRET}'
curl -H "X-Auth-Token: {SECRET}" http://r/
curl -H 'Authorization: Bearer {SECRET}' http://r/
curl \\
  -u admin:{SECRET} http://r/
wget http://admin:{SECRET}@r/x
curl -sSu admin:{SECRET} http://r/
snmpset -v3 -u joe -A {SECRET} -X {SECRET} r sysName.0 s x
ipmitool -U admin -P {SECRET} lan print
echo {SECRET} | wg set wg0 private-key /dev/stdin
echo root:{SECRET} | chpasswd
mount -t cifs -o user=joe%{SECRET} //nas/x /mnt
ip xfrm state add src a dst b proto esp spi 1 enc 'cbc(aes)' 0x{SECRET}
wget https://hooks.slack.com/services/T0/B0/{SECRET}
DB=postgres://joe:{SECRET}@db/x
<secret>
{SECRET}
</secret>
cat <<END
-----BEGIN PRIVATE KEY-----
{SECRET}{SECRET}
-----END PRIVATE KEY-----
END
"""
FILES = {
    "/etc/nftables.conf": f"# password: {SECRET}\ntable inet x {{\n}}\n",
    "/etc/dhcp/dhclient.conf": f'key d {{ algorithm hmac-md5; secret "{SECRET}"; }}\n'
    f'key e {{\n  secret\n    "{SECRET}";\n}}\n',
    "/etc/dhcpcd.conf": f"authtoken 0 realm forever {SECRET}\n",
    "/etc/network/interfaces.d/wlan": f"iface wlan0 inet dhcp\n    wpa-psk \\\n      {SECRET}\n"
    f"    up wpa_cli set_network 0 psk {SECRET}\n",
    "/etc/libvirt/hooks/network": HOOK,
    "/etc/sysctl.d/99-sysctl.conf": f"net.ipv4.tcp_fastopen_key = {SECRET}\n",
}
PARAMETERS = f"guests: [{{name: a, address: 172.16.1.9/16, password: {SECRET}}}]"
Answers = dict[tuple[str, ...], Any]


def file(content: dict[str, str]) -> dict[str, Any]:
    return {"content": content, "mode": "0644", "uid": 0, "gid": 0}


def plant(home: Path, more: Callable[[Answers], None]) -> None:
    """Put the secrets into the recorded host."""
    path = home / "params" / "example.json"
    told = json.loads(path.read_text())
    answers: Answers = {tuple(a["question"]): a["answer"] for a in told["answers"]}
    for name, text in FILES.items():
        answers["file", name] = file({"text": text})
    answers["glob", "/etc/dhcpcd.conf"] = ["/etc/dhcpcd.conf"]
    answers["glob", "/etc/libvirt/hooks/network"] = ["/etc/libvirt/hooks/network"]
    answers["glob", "/etc/network/interfaces.d/*"] = ["/etc/network/interfaces.d/wlan"]
    answers["query", "iptables-nft-save", "-c"]["stdout"] = {"text": RULES}
    answers["query", "nft", "list", "ruleset"]["stdout"] = {
        "text": f'table inet x {{ chain y {{ comment "password: {SECRET}" }} }}\n'
    }
    metadata = f"<metadata><x:y xmlns:x='urn:x' password='{SECRET}'>{SECRET}</x:y></metadata>"
    for network in answers["networks",]:
        for which in ("defined", "live"):
            head, root, rest = network[which].partition("<network>")
            network[which] = head + root + metadata + rest
    more(answers)
    told["answers"] = [{"question": list(q), "answer": a} for q, a in answers.items()]
    path.write_text(json.dumps(told))


def latin1(answers: Answers) -> None:
    """A file with one byte in it that is not UTF-8."""
    content = f"# f\u00fcr den Router\niface wlan0 inet dhcp\n  wpa-psk {SECRET}\n".encode(
        "latin-1"
    )
    encoded = {"base64": base64.b64encode(content).decode()}
    answers["file", "/etc/network/interfaces.d/wlan"] = file(encoded)


def stanza(answers: Answers) -> None:
    """A hook in the NIC's own stanza, which the error of the refusal quotes."""
    held = answers["file", "/etc/network/interfaces"]["content"]
    held["text"] = held["text"].rstrip() + f"\n    up curl -u admin:{SECRET} http://r/\n"


def nothing(_: Answers) -> None:
    """Only what is planted everywhere."""


@pytest.mark.parametrize(
    ("more", "options", "status"),
    [
        (nothing, (), 0),
        (latin1, (), 0),
        (stanza, (), 1),
        (nothing, ("-y", PARAMETERS), 1),
        (nothing, ("-p", "password", SECRET), 1),
    ],
)
def test_a_planted_secret_is_in_no_file_of_a_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: Callable[[Answers], None],
    options: tuple[str, ...],
    status: int,
) -> None:
    # IPython and Jupyter keep files of their own there.
    (tmp_path / "operator").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "operator"))
    home = bench.make_home(tmp_path)
    plant(home, more)
    done = papermill(home, "-p", "host", "example", "--log-output", *options)
    (tmp_path / "elsewhere" / "log").write_text(done.said)
    assert (done.status, done.out.stat().st_mode & 0o777) == (status, 0o600), done.said
    archive = [str(BIN / "runbook"), "archive", str(done.out)]
    filed = subprocess.run(
        archive, capture_output=True, text=True, env=environment(home), check=False
    )
    # A run that was refused before its host had a folder has none to be filed in.
    assert filed.returncode == 0 or "tells of no record" in filed.stderr
    found = subprocess.run(
        ["grep", "-r", "-l", SECRET, "elsewhere", "home/outputs", "operator"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
    assert "<redacted>" in done.out.read_text()
