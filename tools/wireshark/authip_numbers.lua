-- SPDX-License-Identifier: Apache-2.0
-- Names of the numbers that AuthIP messages carry (RFC 2407, RFC 2408, RFC 2409, MS-AIPS 2.2, MS-IKEE 2.2).

return {
    exchanges = { [0xF3] = "Main Mode", [0xF4] = "Quick Mode", [0xF5] = "Extended Mode", [0xF6] = "Notify" },
    payloads = {
        [0x00] = "None", [0x01] = "SA", [0x02] = "Proposal", [0x03] = "Transform", [0x04] = "KE", [0x05] = "ID",
        [0x06] = "CERT", [0x07] = "CR", [0x08] = "HASH", [0x09] = "SIG", [0x0A] = "NONCE", [0x0B] = "NOTIFY",
        [0x0C] = "D", [0x0D] = "VID", [0x14] = "NAT-D", [0x15] = "NAT-OA", [0x81] = "GSS-API", [0x84] = "FRAGMENT",
        [0x85] = "Crypto", [0x86] = "GSS_ID", [0x87] = "Auth", [0x88] = "KeyDict", [0x89] = "SKWt",
    },
    protocols = { [1] = "ISAKMP", [2] = "AH", [3] = "ESP", [4] = "IPCOMP" },
    esp_transforms = { [2] = "DES", [3] = "3DES", [11] = "NULL", [12] = "AES-CBC", [20] = "AES-GCM-16",
                       [23] = "AES-GMAC" },
    -- By protocol: main mode's attributes are IKE's, the others' are those of the IPSEC DOI.
    attributes = {
        ike = { [1] = "Encryption algorithm", [2] = "Hash algorithm", [3] = "Authentication method",
                [4] = "Group description", [11] = "Life type", [12] = "Life duration", [14] = "Key length" },
        ipsec = { [1] = "SA life type", [2] = "SA life duration", [3] = "Group description",
                  [4] = "Encapsulation mode", [5] = "Authentication algorithm", [6] = "Key length",
                  [11] = "Extended sequence number" },
    },
    attribute_values = {
        ike = {
            [1] = { [1] = "DES-CBC", [5] = "3DES-CBC", [7] = "AES-CBC" },
            [2] = { [1] = "MD5", [2] = "SHA-1", [4] = "SHA-256", [5] = "SHA-384" },
            [4] = { [0] = "none", [1] = "MODP-768", [2] = "MODP-1024", [14] = "MODP-2048", [19] = "ECP-256",
                    [20] = "ECP-384" },
            [11] = { [1] = "seconds", [2] = "kilobytes" },
        },
        ipsec = {
            [1] = { [1] = "seconds", [2] = "kilobytes" },
            [3] = { [1] = "MODP-768", [2] = "MODP-1024", [14] = "MODP-2048", [19] = "ECP-256", [20] = "ECP-384" },
            [4] = { [1] = "tunnel", [2] = "transport", [3] = "UDP-encapsulated tunnel",
                    [4] = "UDP-encapsulated transport", [62000] = "authenticated firewall transport",
                    [62001] = "authenticated firewall UDP transport" },
            [5] = { [1] = "HMAC-MD5", [2] = "HMAC-SHA-1", [5] = "HMAC-SHA-256", [6] = "HMAC-SHA-384",
                    [7] = "HMAC-SHA-512" },
        },
    },
    id_types = { [1] = "ID_IPV4_ADDR", [2] = "ID_FQDN", [3] = "ID_USER_FQDN", [4] = "ID_IPV4_ADDR_SUBNET",
                 [5] = "ID_IPV6_ADDR", [6] = "ID_IPV6_ADDR_SUBNET", [7] = "ID_IPV4_ADDR_RANGE",
                 [8] = "ID_IPV6_ADDR_RANGE", [9] = "ID_DER_ASN1_DN", [10] = "ID_DER_ASN1_GN", [11] = "ID_KEY_ID" },
    auth_methods = { [2] = "Kerberos", [3] = "Anonymous", [4] = "TLS", [5] = "NTLM" },
    notifies = { [14] = "NO-PROPOSAL-CHOSEN", [0x9C45] = "EXCHANGE_INFO", [0x9C54] = "NOTIFY_STATUS",
                 [0x9C55] = "NOTIFY_DOS_COOKIE", [0x9C56] = "NOTIFY_ACK", [0x9C57] = "NOTIFY_QM_SYNCHRONIZE",
                 [0x9C58] = "NOTIFY_ACQUIRE" },
    notify_about = { [1] = "main or extended mode", [2] = "quick mode" },
    -- Windows error codes of NOTIFY_STATUS (MS-ERREF 2.2).
    statuses = { [13801] = "ERROR_IPSEC_IKE_AUTH_FAIL", [13805] = "ERROR_IPSEC_IKE_TIMED_OUT",
                 [13807] = "ERROR_IPSEC_IKE_SA_DELETED", [13816] = "ERROR_IPSEC_IKE_ERROR",
                 [13822] = "ERROR_IPSEC_IKE_DH_FAIL", [13829] = "ERROR_IPSEC_IKE_PROCESS_ERR",
                 [13843] = "ERROR_IPSEC_IKE_INVALID_PAYLOAD", [13868] = "ERROR_IPSEC_IKE_POLICY_MATCH",
                 [13869] = "ERROR_IPSEC_IKE_UNSUPPORTED_ID",
                 [13891] = "ERROR_IPSEC_IKE_SHUTTING_DOWN" },
    -- By their first 16 octets; four of them have a number behind that (MS-IKEE note <6>).
    vendor_ids = {
        ["1e2b516905991c7d7c96fcbfb587e461"] = "MS NT5 ISAKMPOAKLEY",
        ["4a131c81070358455c5728f20e95452f"] = "RFC 3947",
        ["4048b7d56ebce88525e7de7f00d6c2d3"] = "FRAGMENTATION",
        ["fb1de3cdf341b7ea16b7e5be0855f120"] = "MS-Negotiation Discovery Capable",
        ["26244d38eddb61b3172a36e3d0cfb819"] = "Vid-Initial-Contact",
        ["01528bbbc00696121849ab9a1c5b2a51"] = "KEY_MODS",
        ["7bb93867d76c8d80df0f40fae8fc3b19"] = "AUTHIP_INIT_KE_DH_GROUP",
        ["214ca4faffa7f32d6748e5303395ae83"] = "MS-MamieExists",
    },
}
