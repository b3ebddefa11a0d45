"""Secrets planted on a booted host and in its guest, looked for wherever runbook writes.

Each place has a word of its own, so that whoever reads a failure knows which place it came from.
Looked at: the executed notebooks, the page, the run folders, the logs, what the operator's home
has afterwards, and on the host runbook's folder, the systemd journal and the process list.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench, planted
from tests.bench import HOST, NOTEBOOK, Done
from tests.lab import guesting

from runbook.common.redact import REDACTED
from runbook.lab import machine
from runbook.run.record import Ending

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1200)]
NIC, GUEST = "enp4s0f0", "vm-01"
GUEST_NOTEBOOK = NOTEBOOK.with_name("guest.ipynb")
WANTED = ("-p", "guest", GUEST, "-p", "address", "172.16.1.10/16", "-p", "gateway", "172.16.0.1")


def word(number: int) -> str:
    """The secret of one place."""
    return f"S{number:02}Pl4ntedWord"


# No longer one is possible there.
VNC = "S24vncPw"
WLAN = f"""\
iface wlan0 inet dhcp
    wpa-psk \\
        {word(1)}
    up wpa_cli set_network 0 psk {word(2)}
    up curl -u admin:{word(3)} http://r/
    post-up curl -uadmin:{word(4)} http://r/
"""
DHCLIENT = f"""\
key d {{ algorithm hmac-md5; secret "{word(5)}"; }}
key e {{
  secret
    "{word(6)}";
}}
"""
COMMENTED = f'-A INPUT -i {NIC} -m comment --comment "password={word(7)}" -j ACCEPT'
SAVED = f"""\
# password: {word(8)}
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
{COMMENTED}
-A INPUT -s 192.0.2.7/32 -m comment --comment "the passphrase is {word(9)}" -j DROP
COMMIT
"""
NFT = f"""\
table inet planted {{
    chain c {{
        comment "password: {word(10)}"
        tcp dport 9 counter comment "token={word(11)}"
    }}
}}
"""
HOOK = f"""\
#!/bin/sh
# API key: {word(12)}
exit 0
API_KEY={word(13)}
export TOKEN='{word(14)}'
curl -H "X-Auth-Token: {word(15)}" http://r/
curl -H 'Authorization: Bearer {word(16)}' http://r/
curl \\
  -u admin:{word(17)} http://r/
wget http://admin:{word(18)}@r/x
cat <<END
-----BEGIN PRIVATE KEY-----
{word(19)}{word(19)}
-----END PRIVATE KEY-----
END
"""
OTHER = f"""\
<network>
  <name>other</name>
  <bridge name='virbr9'/>
  <metadata><x:y xmlns:x='urn:x' password='{word(20)}'>{word(21)}</x:y></metadata>
  <!-- password: {word(22)} -->
</network>
"""
IDLE = f"""\
<domain type='qemu'>
  <name>idle</name>
  <metadata><x:y xmlns:x='urn:x'>{word(23)}</x:y></metadata>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <interface type='network'><source network='other'/></interface>
    <graphics type='vnc' passwd='{VNC}'/>
  </devices>
</domain>
"""
UNIT = f"[Service]\nEnvironment=PASSWORD={word(25)} API_TOKEN={word(26)}\n"
ODD = f"# f\u00fcr den Router\niface wlan1 inet dhcp\n    wpa-psk {word(27)}\n".encode("latin-1")
# It fails when the network starts, and says why.
FAILING = f"""\
#!/bin/sh
[ "$1 $2" != "routed started" ] || {{ echo "login failed: password={word(35)}" >&2; exit 1; }}
"""
STANZA = f"    up curl -u admin:{word(36)} http://r/\n"
FILES = {
    "/etc/network/interfaces.d/wlan": WLAN.encode(),
    "/etc/network/interfaces.d/odd": ODD,
    "/etc/dhcp/dhclient.conf": DHCLIENT.encode(),
    "/etc/dhcpcd.conf": f"authtoken 0 realm forever {word(28)}\n".encode(),
    "/etc/iptables/rules.v4": SAVED.encode(),
    "/etc/nftables.conf": f"# password: {word(29)}\n{NFT}".encode(),
    "/etc/libvirt/hooks/network.d/10-planted": HOOK.encode(),
    "/etc/sysctl.d/90-planted.conf": f"# token: {word(30)}\n".encode(),
    "/etc/systemd/system/networking.service.d/planted.conf": UNIT.encode(),
    "/root/other.xml": OTHER.encode(),
    "/root/idle.xml": IDLE.encode(),
    "/root/planted.nft": NFT.encode(),
    "/root/failing": FAILING.encode(),
    "/root/stanza": STANZA.encode(),
}
# As the kernel shows it: three of four parts of a key of TCP Fast Open.
FASTOPEN = "5ec2e731"
LEASES = "/var/lib/dhcp/dhclient.far0.leases"
CLIENT = f"dhclient -nw -4 -e PASSWORD={word(32)} -lf {LEASES} -pf /run/far.pid far0"
USERS = f"dhclient -e PASSWORD={word(33)} far1"
START_CLIENT = f"""
set -e
ip link add far0 type veth peer name far1
ip link set far0 up
touch {LEASES}
{CLIENT}
"""
PLANT = f"""
set -e
chmod 755 /etc/libvirt/hooks/network.d/10-planted
systemctl daemon-reload
iptables-restore </etc/iptables/rules.v4
nft -f /root/planted.nft
sysctl -qw net.ipv4.tcp_fastopen_key={FASTOPEN}-{FASTOPEN}-{FASTOPEN}-{FASTOPEN}
printf '# token=%s\\n' {word(34)} >>/etc/resolv.conf
virsh -q net-define /root/other.xml
virsh -q define /root/idle.xml
useradd --uid 1000 mallory
told="{USERS.partition(" ")[2]}"
(exec -a dhclient setpriv --reuid 1000 perl -e 'sleep 9999' -- $told) </dev/null >/dev/null 2>&1 &
"""
# Twenty times a second, but not what was planted in a process.
WATCH = f"""
while :; do
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'
    sleep 0.05
done | grep --line-buffered -v -e {word(32)} -e {word(33)} >/run/seen-processes
"""
# Beside the network that the guest is on.
OPEN = ("-p", "forward", "open")
NESTED = f"guests: [{{name: a, address: 172.16.1.9/16, password: {word(37)}}}]"
INSIDE = {
    "/etc/netplan/50-cloud-init.yaml": f"network:\n  wifis: {{w: {{password: {word(38)}}}}}\n",
    "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": f"chpasswd: {{list: 'root:{word(39)}'}}\n"
    f"password: {word(40)}\n",
    "/etc/systemd/network/wg.network": f"[Network]\n# PrivateKey={word(41)}\n",
    "/etc/resolv.conf": f"nameserver 172.16.0.1\n# token={word(42)}\n",
}
PASSWORD = word(43)
WORDS = (
    *(word(number) for number in range(1, 44) if number not in (24, 31)),
    VNC,
    FASTOPEN,
)
# Where runbook keeps whole files for the undo, for root alone.
ORIGINALS = ("originals", "replaced-*")
# What these print is not runbook's: libvirtd tells of the hook, the client of its own command line.
OTHERS = ("libvirtd", "dhclient", "virtqemud")


def run(home: Path, *options: str, name: str, notebook: Path = NOTEBOOK) -> Done:
    """A notebook; what papermill says is kept beside it."""
    given = ("-p", "host", HOST, "--log-output", *options)
    # A guest's change over its console takes minutes where the machine has other work.
    done = bench.papermill(home, *given, name=f"{name}.ipynb", notebook=notebook, limit_s=900)
    (done.out.parent / f"{name}.log").write_text(done.said)
    return done


def verb(home: Path, *argv: str) -> str:
    """A verb of the command line; what it says is kept as the notebooks' logs are."""
    command = [str(bench.BIN / "runbook"), *argv]
    told = subprocess.run(
        command, env=bench.environment(home), capture_output=True, text=True, check=False
    )
    said = told.stdout + told.stderr
    (home.parent / "elsewhere" / f"{argv[0]}.log").write_text(said)
    return said


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, with all that the operator's programs leave on their machine."""
    for name, variable in (("operator", "HOME"), ("tmp", "TMPDIR")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setenv("RUNBOOK_LOG", "debug")
    return bench.make_home(tmp_path)


@pytest.fixture
def host() -> Iterator[str]:
    """A host as it was installed."""
    bench.fresh()
    yield HOST
    bench.fresh()


def watch() -> None:
    """Look at the process list from now on."""
    guesting.console("systemd-run", "-q", "--unit=watch", "bash", "-c", WATCH)


def put(path: str, content: bytes) -> None:
    """Write a file on the host."""
    text = base64.b64encode(content).decode()
    script = f"mkdir -p {path.rpartition('/')[0]} && echo {text} | base64 -d >{path}"
    guesting.console("sh", "-c", script)


def plant_inside() -> None:
    """The guest's files, and a password of its own for root."""
    for path, content in INSIDE.items():
        text = base64.b64encode(content.encode()).decode()
        script = f"mkdir -p {path.rpartition('/')[0]} && echo {text} | base64 -d >{path}"
        guesting.in_guest(GUEST, script)
    argv = ["openssl", "passwd", "-6", PASSWORD]
    made = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    guesting.in_guest(GUEST, f"sed -i 's|^root:[^:]*|root:{made}|' /etc/shadow && sync")


def of_the_host(place: Path) -> None:
    """The folder of runbook, the journal and the watched processes, brought to this machine."""
    excluded = [f"--exclude={name}" for name in ORIGINALS]
    packed = machine.run(HOST, ["tar", "-C", "/", "-c", *excluded, "var/lib/runbook"]).stdout
    subprocess.run(["tar", "-C", str(place), "-x"], input=packed, check=True)
    (place / "processes").write_text(guesting.console("cat", "/run/seen-processes"))
    lines = guesting.console("journalctl", "--no-pager", "-o", "short").splitlines()
    mine = [line for line in lines if not any(f" {name}[" in line for name in OTHERS)]
    (place / "systemd-journal").write_text("\n".join(mine))
    left = guesting.console("sh", "-c", "ls -a /tmp /run /dev/shm /root")
    (place / "names").write_text(left)
    assert list(place.rglob("before.json"))


def found(home: Path) -> list[str]:
    """Each secret that is on this machine or, written by runbook, on the host."""
    host = home.parent / "host"
    host.mkdir()
    of_the_host(host)
    return planted.found(WORDS, [home.parent])


def test_no_secret_of_a_host_is_in_anything_that_runbook_writes(host: str, home: Path) -> None:
    # Before its configuration has secrets: it refuses keys that are none.
    guesting.console("bash", "-c", START_CLIENT)
    for path, content in FILES.items():
        put(path, content)
    guesting.console("bash", "-c", PLANT)
    watch()
    assert run(home, *OPEN, "-p", "mode", "plan", name="plan").status == 0

    failing = "/etc/libvirt/hooks/network.d/20-failing"
    guesting.console("install", "-m", "755", "/root/failing", failing)
    # It looks for hooks when it starts.
    guesting.console("systemctl", "restart", "libvirtd")
    failed = run(home, *OPEN, name="failed")
    assert failed.outcome["outcome"] == Ending.AS_BEFORE, failed.said
    assert "login failed" in failed.said
    guesting.console("rm", failing)

    guesting.console("sh", "-c", "cat /root/stanza >>/etc/network/interfaces")
    assert run(home, *OPEN, name="refused").outcome["outcome"] == Ending.REFUSED
    guesting.console("sed", "-i", "/curl/d", "/etc/network/interfaces")
    assert run(home, *OPEN, "-y", NESTED, name="nested").status == 1

    done = run(home, *OPEN, name="confirmed")
    assert done.outcome["outcome"] == Ending.AS_PROMISED, done.said
    assert "confirmed" in verb(home, "status", host)
    assert "notebook.html" in verb(home, "archive", str(done.out))
    survey = run(home, "-p", "consent", "bpdu", name="survey", notebook=bench.SURVEY)
    assert survey.outcome, survey.said
    assert found(home) == []
    assert REDACTED in done.out.read_text()


def test_no_secret_of_a_guest_is_in_anything_that_runbook_writes(
    host: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host
    guesting.on_the_lan()
    assert guesting.added("quick", GUEST)
    plant_inside()
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", PASSWORD)
    watch()
    moved = run(home, *WANTED, name="moved", notebook=GUEST_NOTEBOOK)
    assert moved.outcome["outcome"] == Ending.AS_PROMISED, moved.said
    assert "notebook.html" in verb(home, "archive", str(moved.out))
    assert found(home) == []
