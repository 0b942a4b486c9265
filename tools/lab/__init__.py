# SPDX-License-Identifier: Apache-2.0
"""A laboratory of network namespaces: two hosts, the cable between them, and a domain controller.

                     +----------------+
                     |       dc       |  krb5kdc, 10.88.0.1
                     +--+----------+--+
               to-a     |          |     to-b
        eth1 10.88.1.2  |          |  eth1 10.88.2.2
          +-------------+--+    +--+-------------+
          |       a        |    |       b        |
          +-------------+--+    +--+-------------+
        eth0 10.77.0.1  |          |  eth0 10.77.0.2
        fd77::1         |          |  fd77::2
                   left |          | right
                     +--+----------+--+
                     |     cable      |  every frame from left goes out at right, and back; tcpdump listens here
                     +----------------+

Either host may have a NAT between its eth0 and the cable (nat.py), and then a private address on it.

AF_XDP sends past the taps of the sending interface, and XDP receives before those of the receiving one, so a capture
on either host would see nothing. The cable is a third namespace, where what crosses is ordinary packets; it is also
the place to inject, alter or lose some.

Nothing here has a name outside: each namespace lives as long as the process that holds it, has a file system for BPF
and a /run of its own, and goes with everything in it when the lab ends, however it ends.
"""
