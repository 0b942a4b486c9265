#!/usr/bin/python3
"""Writes the packet cases as a C++ table, frames made by scapy: make_cases.py OUTPUT.

The policy that the cases meet is in packet_fixture.cc. Addresses:
  10.1.0.1 is this host, 10.1.0.2 has SAs, 10.1.0.3 is protected without an SA, 10.1.0.4 is bypassed,
  10.1.0.5 is blocked, 10.1.0.6 is protected but for TCP port 22; 10.2.0.0/16 lies behind the tunnel to 10.1.0.9.
  The same for IPv6 with 2001:db8:1::. Nothing covers 192.0.2.0/24.
"""
import sys

from scapy.all import (ARP, ESP, ICMP, IP, Dot1AD, Dot1Q, Ether, ICMPv6EchoRequest, ICMPv6MLReport2, ICMPv6ND_NS,
                       IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Padding,
                       Raw, SCTP, TCP, UDP, IPOption_NOP, IPOption_RR)

HOST, NEXT_HOP = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
INBOUND_SPI, OUTBOUND_SA, INBOUND_SA = 0x11223344, 1, 2
SEAL, HOLD, OPEN, REASSEMBLE = 1, 2, 3, 4
RULE_WITHOUT_SA, RULE_EXCEPT_SSH, RULE_OF_KERNEL, RULE_WITHOUT_SA_V6 = 3, 7, 8, 13
PORT = 1

cases = []


def out(payload, *tags):
    return Ether(src=HOST, dst=NEXT_HOP) / stack(tags, payload)


def into(payload, *tags):
    return Ether(src=NEXT_HOP, dst=HOST) / stack(tags, payload)


def stack(tags, payload):
    for tag in reversed(tags):
        payload = tag / payload
    return payload


def handover(frame, value, kind):
    """The frame with the handover written over its source address."""
    octets = bytes(frame)
    return octets[:6] + value.to_bytes(4, "little") + bytes([kind, PORT]) + octets[12:]


def case(name, program, frame, verdict, reason, expected=None):
    frame = bytes(frame)
    cases.append((name, program, frame, verdict, reason, bytes(expected) if expected is not None else frame))


def egress(name, payload, verdict, reason, expected=None, tags=()):
    frame = out(payload, *tags)
    case("egress_" + name, "kEgress", frame, verdict, reason, expected(frame) if expected else None)


def ingress(name, payload, verdict, reason, expected=None, tags=()):
    frame = into(payload, *tags)
    case("ingress_" + name, "kIngress", frame, verdict, reason, expected(frame) if expected else None)


def seal(frame):
    return handover(frame, OUTBOUND_SA, SEAL)


def v4(remote, **fields):
    return IP(src="10.1.0.1", dst=remote, **fields)


def v6(remote, **fields):
    return IPv6(src="2001:db8:1::1", dst=remote, **fields)


def from_v4(remote, **fields):
    return IP(src=remote, dst="10.1.0.1", **fields)


def from_v6(remote, **fields):
    return IPv6(src=remote, dst="2001:db8:1::1", **fields)


def hops(count):
    """`count` destination options headers of eight octets."""
    return [IPv6ExtHdrDestOpt() for _ in range(count)]


def chain(first, headers, last):
    for header in headers:
        first = first / header
    return first / last


udp = UDP(sport=4000, dport=5000) / Raw(b"payload!")
vlan, provider = Dot1Q(vlan=7), Dot1AD(vlan=9)

# Outbound, IPv4: every verdict.
egress("protect", v4("10.1.0.2") / udp, "kHandOver", "out-fastpath", seal)
egress("protect_tcp", v4("10.1.0.2") / TCP(dport=22), "kHandOver", "out-fastpath", seal)
egress("protect_sctp", v4("10.1.0.2") / SCTP(dport=22), "kHandOver", "out-fastpath", seal)
egress("protect_icmp", v4("10.1.0.2") / ICMP() / Raw(b"x" * 56), "kHandOver", "out-fastpath", seal)
egress("protect_other_protocol", v4("10.1.0.2", proto=89) / Raw(b"x" * 20), "kHandOver", "out-fastpath", seal)
egress("protect_options", v4("10.1.0.2", options=[IPOption_RR(), IPOption_NOP()]) / udp, "kHandOver",
       "out-fastpath", seal)
egress("protect_one_tag", v4("10.1.0.2") / udp, "kHandOver", "out-fastpath", seal, tags=(vlan,))
egress("protect_two_tags", v4("10.1.0.2") / udp, "kHandOver", "out-fastpath", seal, tags=(provider, vlan))
egress("three_tags", v4("10.1.0.2") / udp, "kDrop", "headers", tags=(provider, vlan, vlan))
egress("padded", v4("10.1.0.2", len=36) / udp / Padding(b"\0" * 18), "kHandOver", "out-fastpath", seal)
egress("without_sa", v4("10.1.0.3") / udp, "kHandOver", "out-held", lambda f: handover(f, RULE_WITHOUT_SA, HOLD))
egress("bypass", v4("10.1.0.4") / udp, "kPass", "pass-bypass")
egress("block", v4("10.1.0.5") / udp, "kDrop", "block")
egress("first_match_wins", v4("10.1.0.6") / TCP(sport=4000, dport=22), "kPass", "pass-bypass")
egress("second_match", v4("10.1.0.6") / TCP(sport=4000, dport=23), "kHandOver", "out-held",
       lambda f: handover(f, RULE_EXCEPT_SSH, HOLD))
egress("no_rule", v4("192.0.2.1") / udp, "kPass", "pass-no-rule")
egress("kernel_engine_without_sa", v4("10.1.0.8") / udp, "kHandOver", "out-held",
       lambda f: handover(f, RULE_OF_KERNEL, HOLD))
egress("arp", ARP(pdst="10.1.0.2"), "kPass", "pass-local")
egress("ike", v4("10.1.0.2") / UDP(sport=500, dport=500) / Raw(b"i" * 28), "kPass", "pass-ike")
egress("ike_nat", v4("10.1.0.2") / UDP(sport=4500, dport=4500) / Raw(b"\0" * 32), "kPass", "pass-ike")
egress("ike_port_of_the_peer_only", v4("10.1.0.2") / UDP(sport=4000, dport=500) / Raw(b"i" * 28), "kHandOver",
       "out-fastpath", seal)
egress("esp", v4("10.1.0.2") / ESP(spi=1, seq=1, data=b"e" * 32), "kPass", "pass-esp")
egress("tunnel_no_neighbour", v4("10.2.0.1") / udp, "kDrop", "no-neighbour")

# Outbound, fragments: they follow the first.
egress("fragment_first", v4("10.1.0.2", flags="MF", id=7) / udp, "kHandOver", "out-fastpath", seal)
egress("fragment_later", v4("10.1.0.2", frag=2, id=7, proto=17) / Raw(b"z" * 16), "kHandOver", "out-fastpath", seal)
egress("fragment_first_bypassed", v4("10.1.0.6", flags="MF", id=8) / TCP(sport=4000, dport=22), "kPass", "pass-bypass")
egress("fragment_later_bypassed", v4("10.1.0.6", frag=3, id=8, proto=6) / Raw(b"z" * 16), "kPass", "pass-bypass")
egress("fragment_unknown", v4("10.1.0.6", frag=3, id=9, proto=6) / Raw(b"z" * 16), "kDrop", "fragment")
egress("fragment_ike_first", v4("10.1.0.2", flags="MF", id=10) / UDP(sport=500, dport=500) / Raw(b"i" * 24), "kPass",
       "pass-ike")
egress("fragment_ike_later", v4("10.1.0.2", frag=4, id=10, proto=17) / Raw(b"i" * 16), "kPass", "pass-ike")
egress("fragment_too_short_for_ports", v4("10.1.0.2", flags="MF", id=11, proto=17) / Raw(b"zz"), "kDrop", "truncated")

# Outbound, malformed.
egress("version", v4("10.1.0.4", version=5) / udp, "kDrop", "headers")
egress("header_length", v4("10.1.0.4", ihl=4) / udp, "kDrop", "headers")
egress("header_beyond_total", v4("10.1.0.4", ihl=10, len=36) / udp, "kDrop", "truncated")
egress("total_beyond_frame", v4("10.1.0.4", len=200) / udp, "kDrop", "truncated")
egress("total_below_header", v4("10.1.0.4", len=19) / udp, "kDrop", "truncated")

# Outbound, IPv6.
egress("v6_protect", v6("2001:db8:1::2") / udp, "kHandOver", "out-fastpath", lambda f: handover(f, 3, SEAL))
egress("v6_without_sa", v6("2001:db8:1::3") / udp, "kHandOver", "out-held",
       lambda f: handover(f, RULE_WITHOUT_SA_V6, HOLD))
egress("v6_bypass", v6("2001:db8:1::4") / udp, "kPass", "pass-bypass")
egress("v6_block", v6("2001:db8:1::5") / udp, "kDrop", "block")
egress("v6_no_rule", v6("2001:db8:9::1") / udp, "kPass", "pass-no-rule")
egress("v6_echo", v6("2001:db8:1::2") / ICMPv6EchoRequest(), "kHandOver", "out-fastpath",
       lambda f: handover(f, 3, SEAL))
egress("v6_hop_by_hop", chain(v6("2001:db8:1::2"), [IPv6ExtHdrHopByHop()], udp), "kHandOver", "out-fastpath",
       lambda f: handover(f, 3, SEAL))
egress("v6_routing", chain(v6("2001:db8:1::2"), [IPv6ExtHdrRouting(segleft=0)], udp), "kHandOver", "out-fastpath",
       lambda f: handover(f, 3, SEAL))
egress("v6_eight_headers", chain(v6("2001:db8:1::5"), hops(8), udp), "kDrop", "block")
egress("v6_nine_headers", chain(v6("2001:db8:1::4"), hops(9), udp), "kDrop", "headers")
egress("v6_hop_by_hop_second", chain(v6("2001:db8:1::4"), [IPv6ExtHdrDestOpt(), IPv6ExtHdrHopByHop()], udp), "kDrop",
       "headers")
egress("v6_port_behind_headers", chain(v6("2001:db8:1::6"), hops(3), TCP(sport=4000, dport=22)), "kPass",
       "pass-bypass")
egress("v6_fragment_first", v6("2001:db8:1::6") / IPv6ExtHdrFragment(id=7, m=1) / TCP(sport=4000, dport=22), "kPass",
       "pass-bypass")
egress("v6_fragment_later", v6("2001:db8:1::6") / IPv6ExtHdrFragment(id=7, offset=3, nh=6) / Raw(b"z" * 16), "kPass",
       "pass-bypass")
egress("v6_fragment_unknown", v6("2001:db8:1::6") / IPv6ExtHdrFragment(id=8, offset=3, nh=6) / Raw(b"z" * 16),
       "kDrop", "fragment")
egress("v6_two_fragment_headers",
       v6("2001:db8:1::4") / IPv6ExtHdrFragment(id=9, m=1) / IPv6ExtHdrFragment(id=9, m=1) / udp, "kDrop", "headers")
egress("v6_atomic_fragment", v6("2001:db8:1::5") / IPv6ExtHdrFragment(id=9) / udp, "kDrop", "block")
egress("v6_neighbour_discovery", v6("2001:db8:1::2", hlim=255) / ICMPv6ND_NS(tgt="2001:db8:1::2"), "kPass",
       "pass-local")
egress("v6_neighbour_discovery_forged", v6("2001:db8:1::2", hlim=64) / ICMPv6ND_NS(tgt="2001:db8:1::2"), "kHandOver",
       "out-fastpath", lambda f: handover(f, 3, SEAL))
egress("v6_mld", chain(v6("ff02::16", hlim=1), [IPv6ExtHdrHopByHop()], ICMPv6MLReport2()), "kPass", "pass-local")
egress("v6_payload_beyond_frame", v6("2001:db8:1::4", plen=200) / udp, "kDrop", "truncated")

# Inbound.
esp = ESP(spi=INBOUND_SPI, seq=1, data=b"e" * 48)
ingress("esp", from_v4("10.1.0.2") / esp, "kHandOver", "in-fastpath", lambda f: handover(f, INBOUND_SA, OPEN))
ingress("esp_other_source", from_v4("10.1.0.77") / esp, "kHandOver", "in-fastpath",
        lambda f: handover(f, INBOUND_SA, OPEN))
ingress("esp_one_tag", from_v4("10.1.0.2") / esp, "kHandOver", "in-fastpath",
        lambda f: handover(f, INBOUND_SA, OPEN), tags=(vlan,))
ingress("esp_unknown_spi", from_v4("10.1.0.2") / ESP(spi=5, seq=1, data=b"e" * 48), "kDrop", "spi")
ingress("esp_fragment_first", from_v4("10.1.0.2", flags="MF", id=20) / esp, "kHandOver", "in-fastpath",
        lambda f: handover(f, 0, REASSEMBLE))
ingress("esp_fragment_later", from_v4("10.1.0.2", frag=7, id=20, proto=50) / Raw(b"e" * 16), "kHandOver",
        "in-fastpath", lambda f: handover(f, 0, REASSEMBLE))
ingress("esp_cut", from_v4("10.1.0.2", proto=50) / Raw(b"\x11\x22\x33"), "kDrop", "truncated")
ingress("ike", from_v4("10.1.0.2") / UDP(sport=500, dport=500) / Raw(b"i" * 28), "kPass", "pass-ike")
ingress("ike_nat", from_v4("10.1.0.2") / UDP(sport=4500, dport=4500) / Raw(b"\0\0\0\0" + b"i" * 28), "kPass",
        "pass-ike")
ingress("nat_keepalive", from_v4("10.1.0.2") / UDP(sport=4500, dport=4500) / Raw(b"\xff"), "kPass", "pass-ike")
nat_t = UDP(sport=4500, dport=4500)
ingress("nat_nothing", from_v4("10.1.0.2") / nat_t, "kPass", "pass-ike")
ingress("nat_three_octets", from_v4("10.1.0.2") / nat_t / Raw(b"\x11\x22\x33"), "kPass", "pass-ike")
ingress("nat_marker_alone", from_v4("10.1.0.2") / nat_t / Raw(b"\0\0\0\0"), "kPass", "pass-ike")
ingress("nat_header_cut", from_v4("10.1.0.2", proto=17) / Raw(b"\x11\x94\x11\x94\0\x08"), "kDrop", "truncated")
ingress("ike_nat_options", from_v4("10.1.0.2", options=[IPOption_NOP()]) / nat_t / Raw(b"\0\0\0\0" + b"i" * 28),
        "kPass", "pass-ike")
ingress("ike_nat_fragment_first", from_v4("10.1.0.2", flags="MF", id=23) / nat_t / Raw(b"\0" * 4 + b"i" * 20), "kPass",
        "pass-ike")
ingress("ike_nat_fragment_later", from_v4("10.1.0.2", frag=4, id=23, proto=17) / Raw(b"i" * 24), "kPass", "pass-ike")
ingress("nat_fragment_unknown", from_v4("10.1.0.2", frag=4, id=24, proto=17) / Raw(b"i" * 24), "kDrop", "fragment")
ingress("esp_in_udp_options", from_v4("10.1.0.2", options=[IPOption_NOP()]) / nat_t / Raw(bytes(esp)), "kHandOver",
        "in-fastpath", lambda f: handover(f, INBOUND_SA, OPEN))
ingress("esp_in_udp_translated", from_v4("10.1.0.77") / UDP(sport=20001, dport=4500) / Raw(bytes(esp)), "kHandOver",
        "in-fastpath", lambda f: handover(f, INBOUND_SA, OPEN))
ingress("esp_in_udp_tagged", from_v4("10.1.0.2") / nat_t / Raw(bytes(esp)), "kHandOver", "in-fastpath",
        lambda f: handover(f, INBOUND_SA, OPEN), tags=(vlan,))
ingress("esp_in_udp_from_4500_only", from_v4("10.1.0.2") / UDP(sport=4500, dport=4501) / Raw(bytes(esp)), "kDrop",
        "clear-in")
ingress("esp_in_udp", from_v4("10.1.0.2") / UDP(sport=4500, dport=4500) / Raw(bytes(esp)), "kHandOver",
        "in-fastpath", lambda f: handover(f, INBOUND_SA, OPEN))
ingress("esp_in_udp_unknown_spi", from_v4("10.1.0.2") / UDP(sport=4500, dport=4500) / Raw(b"\0\0\0\5" + b"e" * 40),
        "kDrop", "spi")
ingress("esp_in_udp_fragment_first", from_v4("10.1.0.2", flags="MF", id=21) / UDP(sport=4500, dport=4500) /
        Raw(bytes(esp)), "kHandOver", "in-fastpath", lambda f: handover(f, 0, REASSEMBLE))
ingress("esp_in_udp_fragment_later", from_v4("10.1.0.2", frag=8, id=21, proto=17) / Raw(b"e" * 16), "kHandOver",
        "in-fastpath", lambda f: handover(f, 0, REASSEMBLE))
ingress("ike_fragment_first", from_v4("10.1.0.2", flags="MF", id=22) / UDP(sport=500, dport=500) / Raw(b"i" * 24),
        "kPass", "pass-ike")
ingress("ike_fragment_later", from_v4("10.1.0.2", frag=4, id=22, proto=17) / Raw(b"i" * 24), "kPass", "pass-ike")
ingress("clear", from_v4("10.1.0.2") / udp, "kDrop", "clear-in")
ingress("clear_without_sa", from_v4("10.1.0.3") / udp, "kDrop", "clear-in")
ingress("clear_options", from_v4("10.1.0.2", options=[IPOption_NOP()]) / udp, "kDrop", "clear-in")
ingress("clear_two_tags", from_v4("10.1.0.2") / udp, "kDrop", "clear-in", tags=(provider, vlan))
ingress("clear_later_fragment", from_v4("10.1.0.2", frag=7, id=30, proto=17) / Raw(b"z" * 16), "kDrop", "fragment")
ingress("ah", from_v4("10.1.0.2", proto=51) / Raw(b"a" * 24), "kDrop", "clear-in")
ingress("ip_in_ip", from_v4("10.1.0.2") / IP(src="10.1.0.4", dst="10.1.0.1") / udp, "kDrop", "clear-in")
ingress("bypass", from_v4("10.1.0.4") / udp, "kPass", "pass-bypass")
ingress("bypass_port", from_v4("10.1.0.6") / TCP(sport=22, dport=4000), "kPass", "pass-bypass")
ingress("bypass_port_reversed", from_v4("10.1.0.6") / TCP(sport=4000, dport=22), "kDrop", "clear-in")
ingress("block", from_v4("10.1.0.5") / udp, "kDrop", "block")
ingress("no_rule", from_v4("192.0.2.1") / udp, "kPass", "pass-no-rule")
ingress("arp", ARP(pdst="10.1.0.1"), "kPass", "pass-local")
ingress("three_tags", from_v4("10.1.0.4") / udp, "kDrop", "headers", tags=(provider, vlan, vlan))
ingress("v6_esp", from_v6("2001:db8:1::2") / esp, "kHandOver", "in-fastpath", lambda f: handover(f, 4, OPEN))
ingress("v6_esp_behind_headers", chain(from_v6("2001:db8:1::2"), hops(2), esp), "kHandOver", "in-fastpath",
        lambda f: handover(f, 4, OPEN))
ingress("v6_esp_fragment_later", from_v6("2001:db8:1::2") / IPv6ExtHdrFragment(id=3, offset=9, nh=50) /
        Raw(b"e" * 16), "kHandOver", "in-fastpath", lambda f: handover(f, 0, REASSEMBLE))
ingress("v6_clear", from_v6("2001:db8:1::2") / udp, "kDrop", "clear-in")
ingress("v6_clear_eight_headers", chain(from_v6("2001:db8:1::2"), hops(8), udp), "kDrop", "clear-in")
ingress("v6_nine_headers", chain(from_v6("2001:db8:1::4"), hops(9), udp), "kDrop", "headers")
ingress("v6_bypass", from_v6("2001:db8:1::4") / udp, "kPass", "pass-bypass")
ingress("v6_neighbour_discovery", from_v6("2001:db8:1::2", hlim=255) / ICMPv6ND_NS(tgt="2001:db8:1::1"), "kPass",
        "pass-local")
ingress("v6_neighbour_discovery_forged", from_v6("2001:db8:1::2", hlim=254) / ICMPv6ND_NS(tgt="2001:db8:1::1"),
        "kDrop", "clear-in")


def literal(octets):
    return '"' + octets.hex() + '"'


with open(sys.argv[1], "w", encoding="ascii") as table:
    table.write("// Made by make_cases.py.\n")
    for name, program, frame, verdict, reason, expected in cases:
        table.write(f'{{"{name}", Program::{program}, {literal(frame)}, Verdict::{verdict}, "{reason}", '
                    f"{literal(expected)}}},\n")
