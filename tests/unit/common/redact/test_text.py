"""Text of hosts without its secrets, and with everything else as it was."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runbook.common.redact import REDACTED, redact_bytes, redact_prose, redact_text

SECRET = "S3cretVaLue99"  # noqa: S105 - planted, to be looked for
NAMES = (
    *("password", "wpa-psk", "psk", "API_KEY", "apiKey", "TOKEN", "X-Auth-Token", "passphrase"),
    *("client_secret", "PGPASSWORD", "wifi-sec.psk", "tcp_fastopen_key", "authtoken", "dbpass"),
)
SIGNS = ("=", ": ", " = ", " ", '="', ": '", " \\\n   ", "\t", '": "', "=>", '" , "')
LETTERS = st.text(st.characters(codec="utf-8"), max_size=40)
# What looks like the lines of a host's files more than letters at random do.
PIECES = st.lists(
    st.one_of(
        LETTERS,
        st.sampled_from(
            [
                *("auto eth0\n", "iface eth0 inet static\n", "\\\n", '"', "'", "# ", "; ", "{ "),
                *("-u ", "://", "user:", "@host/", "up ", "<a>", "</a>", "\r\n", "\0"),
                *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "-A INPUT ", "key: "),
                *(
                    "snmpget -c ",
                    "echo ",
                    " | wg ",
                    "<secret>\n",
                    "</secret>",
                    "user=a%",
                    "enc a 0x",
                ),
                *("Bearer ", "$6$salt$", "  ", "\n", ":", "=", REDACTED, *NAMES),
            ]
        ),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  password: {} one\n    {} two\nmtu: 1500\n",
        'a:\n  password: "one\n    {} two"\nmtu: 1500\n',
        "a:\n  password: 'one\n\n    {}\n\n    '\nmtu: 1500\n",
        'a: {{password: "one\n  {}"}}\nmtu: 1500\n',
        'password: "one\n{}"\nmtu: 1500\n',
        "password: 'it''s one\n  it''s {}'\nmtu: 1500\n",
        'password: "one \\"\n  \\" {}"\nmtu: 1500\n',
        "a: {{b: 1, c: {{password: one\n    {} two}}}}\nmtu: 1500\n",
        "password: &here\n  {}\nmtu: 1500\n",
        "password: !!str\n  {}\nmtu: 1500\n",
        "passwords:\n- {}\n- {}\nmtu: 1500\n",
        "- password: one\n   {}\n  mtu: 1500\n",
    ],
)
def test_a_secret_that_yaml_folds_is_taken_out_on_all_its_lines(text: str) -> None:
    redacted = redact_text(text.format(SECRET, SECRET))
    assert SECRET not in redacted
    assert redacted.endswith("mtu: 1500\n")
    assert redacted.count("\n") == text.count("\n")
    assert redact_text(redacted) == redacted


@pytest.mark.parametrize("style", ["plain", "'", '"', "|", ">"])
@pytest.mark.parametrize("flow", [True, False])
@given(
    before=st.text("ab '\"\n:#{}[],\\é", max_size=60),
    behind=st.text("ab '\"\n:\\", max_size=60),
)
def test_whatever_yaml_writes_below_the_name_of_a_secret_is_without_it(
    before: str, behind: str, *, style: str, flow: bool
) -> None:
    told = [{"psk": f"{before}{SECRET}{behind}", "mtu": 1500}]
    own = None if style == "plain" else style
    text = yaml.safe_dump(told, default_style=own, default_flow_style=flow, width=30)
    assert SECRET not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "- password: {}\n  mtu: 1500\n  name: it's\n",
        "password: {}\nname: it's\n",
        "  password: '{}'\n  name: 'x'\n",
        "psk: 'tis {}\n" + "x: y\n" * 2000 + "name: it's\n",
    ],
)
def test_what_stands_beside_a_secret_of_one_line_stays(text: str) -> None:
    assert redact_text(text.format(SECRET)).partition("\n")[2] == text.partition("\n")[2]


@pytest.mark.parametrize(
    "line",
    [
        "    wpa-psk {}",
        "    wpa-psk \\\n        {}",
        "    wpa-psk \\\n        {} \\\n        {}",
        "    wpa-psk {}\r",
        "    pre-up echo {} | wpa_passphrase net >/run/wpa.conf",
        "    up printf '%s' '{}' | openconnect --passwd-on-stdin vpn.example.org",
        "    up echo {}|/usr/sbin/openvpn --config x --auth-user-pass /dev/stdin",
        "    up curl -u admin:{} http://r/x",
        "    up curl -u 'admin:{}' http://r/x",
        "    up curl -uadmin:{} http://r/x",
        "    up curl -sSfu admin:{} http://r/x",
        "    up curl -b 'session={}' http://r/x",
        "    up snmpset -v3 -u joe -a SHA -A {} -x AES -X {} r sysName.0 s x",
        "    up snmpget -v2c -c {} r sysName.0",
        "rocommunity {} 10.0.0.0/8",
        "rwcommunity6 {}",
        "com2sec readonly default {}",
        "createUser joe SHA {} AES {}",
        "trap2sink 10.0.0.1 {}",
        "    up ipmitool -I lanplus -H h -U admin -P {} lan print",
        "    up ldapsearch -D cn=x -w {} -b dc=x",
        "    up redis-cli -a {} ping",
        "    up mosquitto_pub -u joe -P '{}' -t x",
        "    up mysql -ujoe -p{} db",
        "    up nsupdate -y hmac-sha256:name:{}",
        "    up openssl enc -k {}",
        "    up smbclient -U 'joe%{}' //nas/x",
        "//nas/x /mnt cifs user=joe%{},uid=0 0 0",
        "//nas/x /mnt cifs username=joe,password={},uid=0 0 0",
        "    up echo {} | wg set wg0 private-key /dev/stdin",
        "    up echo root:{} | chpasswd",
        "    up echo {} | sudo -S ip link",
        "    up ip xfrm state add src a dst b proto esp spi 1 enc 'cbc(aes)' 0x{}",
        "    up ip xfrm state add src a dst b proto esp spi 1 auth sha1 0x{}",
        'joe : EAP "{}"',
        'r : RSA key.pem "{}"',
        "<secret>\n{}\n{}\n</secret>",
        "<auth-user-pass>\njoe\n{}\n</auth-user-pass>",
        "-----BEGIN OpenVPN Static key V1-----\n{}\n-----END OpenVPN Static key V1-----",
        "mka_cak={}",
        "bindpw {}",
        "key-string {}",
        "-object secret,id=s,data={}",
        "    up wget https://api.telegram.org/bot123456:{}/sendMessage",
        "    up wget https://hooks.slack.com/services/T0/B0/{}",
        "      keys:\n        private: {}\n      peers:\n        - keys: {{public: a, shared: {}}}",
        'Environment=DB_PASS={} "API_TOKEN={}"',
        "ExecStart=/usr/bin/x --db postgres://joe:{}@db/x",
        'Acquire::http::Proxy "http://joe:{}@proxy:3128/";',
        "    up wpa_cli set_network 0 psk {}",
        "    up wget --http-password={} http://r/x",
        "    up nmcli con modify lan wifi-sec.psk {}",
        "    up iw dev wlan0 connect lan key 0:{}",
        "    up sshpass -p {} ssh r",
        "    up echo hello; export TOKEN={}; run",
        'key d {{ algorithm hmac-md5; secret "{}"; }}',
        'key d {{\n  algorithm hmac-md5;\n  secret\n    "{}";\n}}',
        "authtoken 0 realm forever {}",
        "API_KEY={}",
        "export TOKEN='{}'",
        'PASSWORD="{}" run',
        'curl -H "X-Auth-Token: {}" http://r/',
        'curl -H "X-Auth-Token: "{} http://r/',
        "curl -H 'Authorization: Bearer {}' http://r/",
        "curl -H 'Cookie: session={}' http://r/",
        """curl -d '{{"user": "a", "password": "{}"}}' http://r/""",
        "wget http://admin:{}@r/x",
        "wget http://:{}@r/x",
        "# password: {}",
        "# password:\n#   {}",
        "# the password is {}",
        '  comment "password: {}"',
        '-A INPUT -i enp4s0f0 -m comment --comment "password={}" -j ACCEPT',
        '[1:60] -A INPUT -m comment --comment "the password is {}" -j ACCEPT',
        "-A INPUT -m comment --comment password={} -j ACCEPT",
        "dhclient -e PASSWORD={} enp4s0f0",
        "net.ipv4.tcp_fastopen_key = {}-{}",
        "net.ipv6.conf.all.stable_secret = {}",
        "PrivateKey = {}",
        "    private-key {}",
        "wireless-key = {}",
        "access-points: {{home: {{password: {}}}}}",
        "password: >-\n    {}\n    {}",
        "keys:\n  private: {}",
        "key: {}",
        "<password>{}</password>",
        "<graphics type='vnc' passwd='{}'/>",
        "['mount', '-o', 'password={}']",
        '["--password", "{}"]',
        "root:$6$salt$" + "{}" * 4 + ":19000:0:99999:7:::",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n{}=\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}",
        'key="-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----"',
    ],
)
def test_a_secret_is_taken_out_and_no_line_comes_or_goes(line: str) -> None:
    before, after = "auto eth0\niface eth0 inet static\n", "\nmtu 1500\n"
    text = before + line.replace("{}", SECRET).replace("{{", "{").replace("}}", "}") + after
    told = redact_text(text)
    assert SECRET not in told
    assert REDACTED in told
    assert told.startswith(before)
    assert told.endswith(after)
    assert told.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        ':TOKENS - [0:0]\n-A TOKENS ! -i lo -m comment --comment "key exchange" -j DROP',
        "    hwaddress ether 52:54:00:12:34:56",
        "256 SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 root@server-01 (ED25519)",
        "key exchange: curve25519-sha256",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a@b",
        "/etc/machine-id 4c4c4544004d4a10805ab9c04f4d3533",
        "# enable TCP/IP SYN cookies\n# See http://lwn.net/Articles/277146/",
        "net.ipv4.tcp_syncookies = 1",
        "# public key: AAAAC3NzaC1lZDI1NTE5",
        "source /etc/network/psk /etc/network/interfaces.d/*",
        "auto psk enp4s0f0",
        "    bridge_ports token enp4s0f0",
        "iface secret inet static",
        "    address 172.16.1.1/16\n    gateway 172.16.0.1",
        "qemu+ssh://root@server-01/system",
        "http://10.0.0.1:8080/x@y",
        "    wpa-key-mgmt WPA-PSK",
        "<mac address='52:54:00:12:34:56'/>",
        "listen-address 172.16.1.1:22",
        "rocommunities: none",
        "    up snmpd -c /etc/snmp/snmpd.conf",
        "    up echo 1 > /proc/sys/net/ipv4/ip_forward",
        "    up echo hello | logger",
        "    up curl -sS http://r/x",
        "    up mysql -u joe db",
        "    up net rpc info -S nas",
        "    up openssl version",
        "trap 'rm x' EXIT",
        "<pre-up>\nx\n</pre-up>",
        "ip xfrm policy list",
    ],
)
def test_what_is_no_secret_is_left_to_the_letter(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("root@vm-01:~# export PGPASSWORD=hunter22", "root@vm-01:~# export PGPASSWORD=<redacted>"),
        ("# mysql --password hunter22 -u root", "# mysql --password <redacted> -u root"),
        ("# curl -u admin:hunter22 http://nms", "# curl -u admin:<redacted> http://nms"),
        ("# git clone https://me:hunter22@git/x", "# git clone https://me:<redacted>@git/x"),
        ('{"api_key": "hunter22"}', '{"api_key": "<redacted>"}'),
        ("the line `up wpa_cli psk hunter22`", "the line `up wpa_cli psk <redacted>"),
    ],
)
def test_prose_that_quotes_a_secret_loses_it(text: str, shown: str) -> None:
    assert redact_prose(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("Password: ", "Give root password for maintenance", "password expired"),
        "the console of vm-01 refuses the password",
        "sudo: a password is required",
        "let this user run python3 without a password (NOPASSWD in sudoers)",
        "record the key with ssh-keyscan in known_hosts",
        "Permission denied (publickey,password).",
        "not well-formed (invalid token): line 3, column 7",
    ],
)
def test_prose_about_secrets_stays_as_it_is(text: str) -> None:
    assert redact_prose(text) == text


@pytest.mark.parametrize("redacted", [redact_text, redact_prose])
@given(text=PIECES)
def test_once_is_enough_and_no_line_comes_or_goes(redacted: object, text: str) -> None:
    assert callable(redacted)
    told = redacted(text)
    assert redacted(told) == told
    assert told.count("\n") == text.count("\n")
    assert len(told) <= 4 * len(text) + len(REDACTED)


@given(st.binary(max_size=80))
@example(b"psk \xff secret")
def test_any_bytes_go_through(content: bytes) -> None:
    told = redact_bytes(content)
    assert redact_bytes(told) == told
    assert told.count(b"\n") == content.count(b"\n")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-16", "utf-16-be"])
def test_a_secret_is_found_whatever_the_encoding(encoding: str) -> None:
    content = f"# für den Router\nwpa-psk {SECRET}\n".encode(encoding)
    assert SECRET not in redact_bytes(content).replace(b"\0", b"").decode("latin-1")


@given(before=PIECES, name=st.sampled_from(NAMES), sign=st.sampled_from(SIGNS), after=PIECES)
def test_nothing_is_left_behind_the_name_of_a_secret(
    before: str, name: str, sign: str, after: str
) -> None:
    # A comment does not go on in the next line.
    assume(not ("\n" in sign and before.rpartition("\n")[2].lstrip(" \t\0").startswith(("#", ";"))))
    assert SECRET not in redact_text(f"{before}\n  {name}{sign}{SECRET}{after}")
    assert SECRET not in redact_text(f"{before} {name}{sign}{SECRET}\n{after}")


@given(before=LETTERS, name=st.sampled_from(NAMES), sign=st.sampled_from(["=", ": ", ' = "']))
def test_nothing_is_left_behind_it_in_prose_either(before: str, name: str, sign: str) -> None:
    assert SECRET not in redact_prose(f"{before} {name}{sign}{SECRET} and more")


def test_a_line_of_any_length_is_read_in_a_second() -> None:
    for piece in (
        "psk=",
        "{psk: ",
        "psk: ",
        "psk: '",
        'psk: "',
        'password "',
        "://",
        "<pin",
        "$6$",
        "-u ",
        "'key: ",
        "\\\n psk ",
    ):
        told = redact_text(piece * 100_000 + f"psk={SECRET}")
        assert SECRET not in told
