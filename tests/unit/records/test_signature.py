from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.unit.records.test_manifest import sealed

from runbook.records.files import MANIFEST
from runbook.records.manifest import Fault, verify
from runbook.records.signature import NotSigned, sign


def key(folder: Path, name: str, phrase: str = "") -> Path:
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-C", name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def allowed(folder: Path, **people: Path) -> Path:
    path = folder / "allowed_signers"
    lines = (f"{name} {own.with_suffix('.pub').read_text()}" for name, own in people.items())
    path.write_text("".join(lines))
    return path


def signed(tmp_path: Path, by: Path) -> Path:
    folder = sealed(tmp_path / "outputs").path
    content = (folder / MANIFEST).read_bytes()
    (folder / f"{MANIFEST}.sig").write_text(sign(content, str(by)))
    return folder


def faults(folder: Path, signers: Path) -> list[Fault]:
    return [found.fault for found in verify(folder, signers)]


def test_ssh_keygen_alone_verifies_the_signature_and_finds_the_edited_manifest(
    tmp_path: Path,
) -> None:
    anna = key(tmp_path, "anna")
    signers, folder = allowed(tmp_path, anna=anna), signed(tmp_path, anna)
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "anna"]
    command += ["-n", "runbook-record", "-s", f"{MANIFEST}.sig"]

    def check() -> int:
        content = (folder / MANIFEST).read_bytes()
        done = subprocess.run(command, input=content, cwd=folder, capture_output=True, check=False)
        return done.returncode

    assert check() == 0
    assert faults(folder, signers) == []
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace("as promised", "as promissd", 1))
    assert check() != 0
    assert faults(folder, signers) == [Fault.BAD_SIGNATURE]


def test_a_key_that_nobody_allowed_is_found(tmp_path: Path) -> None:
    anna, eve = key(tmp_path, "anna"), key(tmp_path, "eve")
    folder = signed(tmp_path, eve)
    assert faults(folder, allowed(tmp_path, anna=anna)) == [Fault.UNKNOWN_SIGNER]


def test_a_record_without_a_signature_is_found_where_one_is_wanted(tmp_path: Path) -> None:
    folder = sealed(tmp_path / "outputs").path
    assert faults(folder, allowed(tmp_path, anna=key(tmp_path, "anna"))) == [Fault.NOT_SIGNED]
    assert verify(folder) == ()


def test_a_signature_for_another_purpose_is_none(tmp_path: Path) -> None:
    anna = key(tmp_path, "anna")
    folder = sealed(tmp_path / "outputs").path
    content = (folder / MANIFEST).read_bytes()
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(anna), "-n", "file"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    (folder / f"{MANIFEST}.sig").write_bytes(done.stdout)
    assert faults(folder, allowed(tmp_path, anna=anna)) == [Fault.BAD_SIGNATURE]


@pytest.mark.parametrize("content", ["", "no signature\n", "-----BEGIN SSH SIGNATURE-----\n"])
def test_a_damaged_signature_is_found(tmp_path: Path, content: str) -> None:
    anna = key(tmp_path, "anna")
    folder = sealed(tmp_path / "outputs").path
    (folder / f"{MANIFEST}.sig").write_text(content)
    assert faults(folder, allowed(tmp_path, anna=anna)) == [Fault.BAD_SIGNATURE]


def test_a_key_with_a_passphrase_asks_nobody_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotSigned, match="locked"):
        sign(b"x", str(key(tmp_path, "locked", phrase="a phrase")))


def test_a_key_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotSigned, match="nowhere"):
        sign(b"x", str(tmp_path / "nowhere"))
