"""One IPv4 address in every spelling, and inside every kind of IPv6 address."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address


def spellings(address: str) -> Iterator[str]:
    """An IPv4 address in every way that inet_aton or a browser reads it."""
    value = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    for form in ("{}", "0x{:x}", "0X{:X}", "0{:o}", "0x{:016x}", "000{:o}"):
        yield form.format(value)
        yield ".".join(form.format(each) for each in (a, b, c, d))
        yield ".".join(form.format(each) for each in (a, b, c << 8 | d))
        yield ".".join(form.format(each) for each in (a, b << 16 | c << 8 | d))
    yield f"0x{a:x}.0{b:o}.{c}.{d}"
    yield f"{a}.{b}.{c}.0x{d:x}"
    yield f"0{a:o}.{b}.{c << 8 | d}"
    yield f"{a + 256}.{b}.{c}.{d}"
    yield f"{a:03}.{b:03}.{c:03}.{d:03}"
    for dot in "\u3002\uff0e\uff61\u2024\ufe52":  # every dot that becomes one
        yield address.replace(".", dot)
    for zero in (0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6):  # full-width, mathematical
        yield "".join(chr(zero + int(each)) if each.isdigit() else each for each in address)
    yield _mapped(address, "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")  # superscript
    yield _mapped(address, "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089")  # subscript
    yield _mapped(address, "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468")  # enclosed
    yield _mapped(
        address.replace(".", "\u3002"), "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468"
    )
    yield _mapped(str(value), "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19")


def embeddings(address: str) -> Iterator[str]:
    """An IPv4 address inside an IPv6 one, in every way that some system takes it out again."""
    value = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    for prefix in ("::", "::ffff:", "0:0:0:0:0:ffff:", "::FFFF:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"):
        yield f"{prefix}{address}"
        yield f"{prefix}{value >> 16:x}:{value & 0xFFFF:x}"
    yield f"0:0:0:0:0:0:{value >> 16:04x}:{value & 0xFFFF:04x}"
    yield f"64:ff9b:1:{a:02x}{b:02x}:{c:x}:{d:02x}00::"  # RFC 6052, 2.2: a prefix of 48 bits
    yield f"64:ff9b:1:ffff:{a:x}:{b:02x}{c:02x}:{d:02x}00:0"  # of 64
    yield f"2002:{value >> 16:x}:{value & 0xFFFF:x}::1"  # 6to4
    yield str(IPv6Address((0x20010000 << 96) | (value << 64)))  # Teredo's server, then its client
    yield str(IPv6Address((0x20010000 << 96) | (value ^ 0xFFFFFFFF)))


def _mapped(text: str, digits: str) -> str:
    return "".join(digits[int(each)] if each.isdigit() else each for each in text)
