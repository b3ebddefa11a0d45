"""libvirt's XML without its secrets, and with everything else as it was."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.redact import REDACTED, redact_xml

SECRET = "S3cretVaLue99"  # noqa: S105 - planted, to be looked for
NETWORK = """\
<network connections='1'>
  <name>routed</name>
  <uuid>20c5332c-4d69-434a-8835-9baaf980adae</uuid>
  <forward dev='enp4s0f0' mode='nat'><interface dev='enp4s0f0'/></forward>
  <bridge name='virbr1' stp='on' delay='0'/>
  <mac address='52:54:00:00:00:01'/>
  <ip address='172.16.1.1' netmask='255.255.0.0'/>
</network>
"""


@pytest.mark.parametrize(
    "inner",
    [
        "<metadata><x:y xmlns:x='urn:x' password='{0}'>{0}</x:y></metadata>",
        "<metadata>{}</metadata>",
        "<metadata>{0}<a/>{0}</metadata>",
        "<!-- password: {} -->",
        "<?note password={}?>",
        "<graphics type='vnc' passwd='{}'/>",
        "<password>{}</password>",
        "<x:password xmlns:x='urn:x'>{}</x:password>",
        "<secret type='iscsi' usage='{0}' uuid='{0}'/>",
        "<parameter name='PASSWORD' value='{}'/>",
        "<source protocol='https' name='https://admin:{}@r/x'/>",
        "<title>the password is {}</title>",
        "<description>a<b/>token={}</description>",
        "<domain name='x'/>token={}",
        "<option number='43' value='key=&quot;{}&quot;'/>",
        "<sysinfo type='fwcfg'><entry name='opt/com.coreos/config'>{}</entry></sysinfo>",
        "<q:arg xmlns:q='urn:q' value='secret,id=s,data={}'/>",
    ],
)
def test_no_secret_stays_and_the_rest_does(inner: str) -> None:
    kept = redact_xml(NETWORK.replace("</network>", f"{inner.format(SECRET)}</network>"))
    assert SECRET not in kept
    root = fromstring(kept)  # noqa: S314 - our own
    assert (root.findtext("name"), root.find("bridge").attrib["name"]) == ("routed", "virbr1")  # type: ignore[union-attr]  # it is there
    assert redact_xml(kept) == kept


def test_without_a_secret_it_is_the_same_to_the_letter() -> None:
    assert redact_xml(NETWORK) == NETWORK


@pytest.mark.parametrize("text", [f"<a password='{SECRET}'", f"password={SECRET}", "", "<a/><b/>"])
def test_what_is_no_xml_is_redacted_as_text(text: str) -> None:
    assert SECRET not in redact_xml(text)


def test_the_tail_of_metadata_stays_in_its_place() -> None:
    kept = redact_xml(f"<n><metadata a='{SECRET}'/><name>x</name></n>")
    assert kept == f"<n><metadata>{escape(REDACTED)}</metadata><name>x</name></n>"


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    assert isinstance(redact_xml(text), str)
