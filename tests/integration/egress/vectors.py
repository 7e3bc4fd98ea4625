"""What people have tried to reach somebody's inside with, published bypasses of other guards among it.

Facts of every vector: it must be refused where an endpoint is made, where it is tested and where it is
delivered to. Sources: IANA's special-purpose registries, the clouds' metadata documentation, inet_aton(3),
UTS #46, and advisories on filters that let one of these through (transition forms of IPv6, short and octal
IPv4, one bad address among good ones, rebinding).
"""

from tests.integration.egress.spellings import embeddings, spellings

PUBLIC = "93.184.215.14"
"""A public address, of a server that the tests play themselves."""
PUBLIC_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

INSIDE_V4 = (
    *("0.0.0.0", "0.1.2.3"),  # noqa: S104  # nothing is bound to it
    *("10.0.0.1", "10.255.255.255", "127.0.0.1", "127.127.127.127", "127.255.255.254"),
    *("172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("100.64.0.1", "100.127.255.255"),  # carriers
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.169.253", "169.254.0.23"),
    *("100.100.100.200", "192.0.0.192", "168.63.129.16"),  # Alibaba's, Oracle's and Azure's metadata
    *("192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
)

INSIDE_V6 = (
    *("::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "0::1", "::0001"),
    *("fc00::1", "fd00::1", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1"),
    # metadata, credentials, DNS and clock of AWS; metadata of Google
    *("fd00:ec2::254", "fd00:0ec2:0:0:0:0:0:254", "fd00:ec2::23", "fd00:ec2::253", "fd00:ec2::123"),
    *("fd20:ce::254", "fe80::a9fe:a9fe"),
    *("ff01::1", "ff02::1", "ff05::1:3", "ff0e::1"),
    *("100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1"),
    *("3ffe::1", "5f00::1", "400::1", "4000::1", "8000::1"),
    *("fe80::5efe:10.0.0.1", "::5efe:127.0.0.1"),  # ISATAP
)

NAMES_OF_THE_INSIDE = {
    "localhost.localdomain": "127.0.0.1",
    "anything.localhost": "127.0.0.1",
    "ip6-localhost.localdomain": "::1",
    "localtest.me": "127.0.0.1",
    "127.0.0.1.nip.io": "127.0.0.1",
    "127-0-0-1.sslip.io": "127.0.0.1",
    "7f000001.nip.io": "127.0.0.1",
    "0x7f.1.example.com": "127.0.0.1",
    "metadata.google.internal": "169.254.169.254",
    "metadata.goog": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "metadata.tencentyun.com": "169.254.0.23",
    "kubernetes.default.svc": "10.96.0.1",
    "host.docker.internal": "192.168.65.254",
    "printer.local": "192.168.1.20",
    "router.home.arpa": "192.168.1.1",
    "ipv4only.arpa": "64:ff9b::c000:aa",
    "xn--lgbbat1ad8j.example": "10.1.2.3",
    "\u0661\u0662\u0667.example.com": "127.0.0.1",
    "a_b.example.com": "10.0.0.1",
    "upper.EXAMPLE.com": "10.0.0.1",
    "127.0.0.1e0": "127.0.0.1",
    "dot.example.com.": "10.0.0.1",
}
"""Names that anybody may have lead there."""

MIXED_ANSWERS = {
    "the bad one last": [PUBLIC, "127.0.0.1"],
    "the bad one first": ["127.0.0.1", PUBLIC],
    "in the middle": [PUBLIC, "169.254.169.254", "8.8.8.8"],
    "the other family": [PUBLIC, "::1"],
    "private beside public": [PUBLIC_V6, "fd00:ec2::254"],
    "mapped beside plain": [PUBLIC, "::ffff:127.0.0.1"],
    "mapped public": ["::ffff:93.184.215.14"],
    "this network": [PUBLIC, "0.0.0.0"],  # noqa: S104
    "with a zone": ["fe80::1%1", PUBLIC],
    "many": [*(f"93.184.215.{n}" for n in range(1, 60)), "10.0.0.1"],
}
"""Names that resolve to several addresses, one of which is inside."""

TRICKS = (
    # schemes
    *(
        "http://{public}/",
        "http://127.0.0.1/",
        "ftp://{public}/",
        "file:///etc/passwd",
        "file://localhost/etc",
    ),
    *(
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/stat",
        "ldap://127.0.0.1/",
        "tftp://127.0.0.1/x",
    ),
    *(
        "sftp://{public}/",
        "jar:https://{public}!/",
        "netdoc:///etc/passwd",
        "data:text/plain,x",
        "javascript:x",
    ),
    *("ws://{public}/", "wss://{public}/", "http+unix://%2Frun%2Fdocker.sock/", "unix:/run/docker.sock"),
    *(
        "url:https://{public}/",
        "view-source:https://{public}/",
        "httpss://{public}/",
        "://{public}/",
        "{public}",
    ),
    *("//{public}/", "https:{public}", "https:/{public}/", "https:///{public}/", "https:////127.0.0.1/", ""),
    *(
        "https:\\\\127.0.0.1/",
        "https:/\\127.0.0.1/",
        "\uff48ttp\uff53://127.0.0.1/",
        "https",
        "https:",
        "https://",
    ),
    # user names
    *("https://user@127.0.0.1/", "https://{public}@127.0.0.1/", "https://{public}:443@127.0.0.1/"),
    *(
        "https://127.0.0.1@{public}/",
        "https://user:password@{public}/",
        "https://@{public}/",
        "https://:@{public}/",
    ),
    *("https://a@b@127.0.0.1/", "https://{public};@127.0.0.1/", "https://{public}&@127.0.0.1#@{public}/"),
    *(
        "https://{public}%40127.0.0.1/",
        "https://{public}\uff20127.0.0.1/",
        "https://{public}\ufe6b127.0.0.1/",
    ),
    # backslashes, blanks, line breaks, NUL
    *("https://{public}\\@127.0.0.1/", "https://127.0.0.1\\@{public}/", "https://{public}\\.127.0.0.1/"),
    *("https://127.0.0.1\\.{public}/", "https://{public}\uff3c@127.0.0.1/", "https://127.0.0.1 .{public}/"),
    *("https://127.0.0.1\t.{public}/", "https://127.0.0.1\n.{public}/", "https://{public}\r\n@127.0.0.1/"),
    *("https://127.0.0.1\x00.{public}/", "https://127.0.0.1%00.{public}/", "https://127.0.0.1%20.{public}/"),
    *("https://127.0.0.1%0d%0a.{public}/", " https://{public}/", "https://{public}/ HTTP/1.1\r\nHost: other"),
    *(
        "https://{public}/\r\nX-Injected: 1",
        "\thttps://{public}/",
        "ht\ntps://127.0.0.1/",
        "https://{public}/\x7f",
    ),
    *("https://127.0.0.1\u00a0.{public}/", "https://127.0.0.1\u3000/", "https://\u200b127.0.0.1/"),
    *(
        "https://127.0.0.1\u2028/",
        "https://127.0.0.1\ufeff/",
        "https://\u00ad127.0.0.1/",
        "https://\u206012\u20607.1/",
    ),
    # ports
    *(
        f"https://{{public}}:{port}/"
        for port in (0, 1, 22, 25, 80, 2375, 3306, 5432, 6379, 8080, 9001, 11211)
    ),
    *(
        "https://{public}:65979/",
        "https://{public}:-1/",
        "https://{public}:443:22/",
        "https://{public}:4 43/",
    ),
    *(
        "https://{public}:0x1bb/",
        "https://{public}:\uff14\uff14\uff13/",
        "https://{public}:443@127.0.0.1:443/",
    ),
    *(
        "https://127.0.0.1:443/",
        "https://127.0.0.1:8443/",
        "https://127.0.0.1:/",
        "https://{public}:443\\:22/",
    ),
    # names that only mean something inside
    *("https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://localhost:8443/"),
    *(
        "https://l\u24deCALHO\u24c8T/",
        "https://\uff4cocalhost/",
        "https://loca\u00adlhost/",
        "https://metadata/",
    ),
    *("https://instance-data/", "https://ip6-localhost/", "https://ip6-loopback/", "https://broadcasthost/"),
    *("https://./", "https://../", "https://.127.0.0.1/", "https://127..0.0.1/", "https://*/", "https://~/"),
    # percent-encoded
    *("https://127%2e0%2e0%2e1/", "https://%31%32%37.0.0.1/", "https://127.0.0.%31/", "https://%6cocalhost/"),
    *("https://%5B::1%5D/", "https://127.0.0.1%2f@{public}/", "https://{public}%2f@127.0.0.1/", "https://%/"),
    *(
        "https://127.0.0.1%252e{public}/",
        "https://{public}%23@127.0.0.1/",
        "https://\uff05\uff13\uff11.0.0.1/",
    ),
    # brackets
    *(
        "https://[::1/",
        "https://::1]/",
        "https://::1/",
        "https://[[::1]]/",
        "https://[]/",
        "https://[::1]{public}/",
    ),
    *("https://{public}[::1]/", "https://[127.0.0.1]/", "https://[{public}]/", "https://[localhost]/"),
    *("https://[::1]@{public}/", "https://[::1%25lo]/", "https://[::1%lo]/", "https://[fe80::1%25eth0]/"),
    *(
        "https://[fe80::1%eth0]/",
        "https://[fe80::1%251]/",
        "https://[v1.127]/",
        "https://[::1.]/",
        "https://[:::1]/",
    ),
    *("https://[::1698.254.169.254]/", "https://[::0177.0.0.1]/", "https://[::ffff:0x7f.1]/", "https://[1]/"),
    *(
        "https://[::\uff11]/",
        "https://\uff3b::1\uff3d/",
        "https://[0:0:0:0:0:0:0:0:1]/",
        "https://[12345::1]/",
    ),
    # numbers no reader agrees on
    *("https://0/", "https://1/", "https://00/", "https://0x/", "https://0x0/", "https://00000000000/"),
    *(
        "https://425.510.425.510/",
        "https://7147006462/",
        "https://0x41414141a9fea9fe/",
        "https://127.0.0.1.1/",
    ),
    *("https://256.0.0.1/", "https://127.0.0.256/", "https://1.1.1.08/", "https://-127.0.0.1/"),
    *("https://+127.0.0.1/", "https://0b1111111.0.0.1/", "https://0o177.0.0.1/", "https://127.0.0.0x/"),
    *("https://127.0.0.1../", "https://127.0.0.1./", "https://0x7f.0.0.1./", "https://2130706433./"),
    *("https://251.0775248/", "https://0251.00376.000251.0000376/", "https://{public}.0x7f/", "https://a.1/"),
)
"""URLs; where {public} stands is a name whose address is public."""

NEVER_INSIDE = (
    *("https://{public}#@127.0.0.1/", "https://{public}?@127.0.0.1/", "https://{public}/@127.0.0.1/"),
    *(
        "https://{public}/..//127.0.0.1/",
        "https://{public}//127.0.0.1/",
        "https://{public}/%0d%0aHost:%20inside",
    ),
    *(
        "https://{public}?url=https://127.0.0.1/",
        "https://{public}#\\@127.0.0.1/",
        "https://{public}/http://[::1]/",
    ),
    *(
        "https://{public}:443#@127.0.0.1:443/",
        "https://{public}?://127.0.0.1/",
        "https://{public}./#127.0.0.1",
    ),
)
"""URLs that some read as leading inside; here they are refused or go to {public}, and nowhere else."""


SPELLED = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1", "100.100.100.200", "0.0.0.0")  # noqa: S104


def urls(public: str) -> list[str]:
    """Every URL that is refused whatever any name resolves to. `public`: a name whose address is public."""
    literals = [f"https://{each}/" for each in INSIDE_V4] + [f"https://[{each}]/" for each in INSIDE_V6]
    spelled = [f"https://{each}/" for v4 in SPELLED for each in spellings(v4)]
    embedded = [f"https://[{each}]/" for v4 in (*SPELLED, PUBLIC) for each in embeddings(v4)]
    tricks = [each.replace("{public}", public) for each in TRICKS]
    return list(dict.fromkeys([*literals, *spelled, *embedded, *tricks]))
