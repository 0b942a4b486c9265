-- SPDX-License-Identifier: Apache-2.0
-- AuthIP (MS-AIPS) for Wireshark: ISAKMP messages of exchange types 0xF3 to 0xF6 on UDP 500 and 4500.
--
--   tshark -X lua_script:authip.lua -o authip.keys:/root/keys/authip_keys -r capture.pcap
--
-- or all files of this folder in Wireshark's plugin folder. With the file `authip_keys` that debug.key_export or
-- `keyline probe --export-keys` writes, encrypted messages are opened. Other ISAKMP messages, ESP and NAT keep-alives
-- go to the dissectors that Wireshark has for them.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])") or ""
local function load_part(name) return dofile(folder .. name .. ".lua") end

local numbers = load_part("authip_numbers")
local payloads = load_part("authip_payloads")
local keys = load_part("authip_keys")

local authip = Proto("authip", "AuthIP (MS-AIPS)")

local HEADER_OCTETS = 28
local CRYPTO_OCTETS = 8 -- generic header and sequence number, without the IV
local CRYPTO, FRAGMENT, NOTIFICATION = 0x85, 0x84, 0x0B

local f = {
    initiator_cookie = ProtoField.bytes("authip.initiator_cookie", "Initiator cookie"),
    responder_cookie = ProtoField.bytes("authip.responder_cookie", "Responder cookie"),
    next_payload = ProtoField.uint8("authip.next_payload", "Next payload", base.HEX, numbers.payloads),
    version = ProtoField.uint8("authip.version", "Version", base.HEX),
    exchange = ProtoField.uint8("authip.exchange", "Exchange type", base.HEX, numbers.exchanges),
    encrypted = ProtoField.bool("authip.encrypted", "Encryption", 8, nil, 0x01),
    message_id = ProtoField.uint32("authip.message_id", "Message ID", base.HEX),
    length = ProtoField.uint32("authip.length", "Length"),
    crypto = ProtoField.none("authip.crypto", "Crypto"),
    crypto_next = ProtoField.uint8("authip.crypto.next_payload", "Next payload", base.HEX, numbers.payloads),
    crypto_length = ProtoField.uint16("authip.crypto.length", "Payload length"),
    sequence = ProtoField.uint32("authip.crypto.sequence", "Sequence number"),
    iv = ProtoField.bytes("authip.crypto.iv", "IV"),
    sealed = ProtoField.bytes("authip.crypto.sealed", "Encrypted payloads and ICV"),
    icv = ProtoField.bytes("authip.crypto.icv", "ICV"),
    padding = ProtoField.bytes("authip.crypto.padding", "Padding"),
    opened = ProtoField.bool("authip.crypto.opened", "Opened with an exported key"),
}
for _, field in ipairs(payloads.fields) do f[#f + 1] = field end
authip.fields = f
authip.experts = payloads.experts

authip.prefs.keys = Pref.string("Key file", "", "The file authip_keys of Keyline's key export")
authip.prefs.text = Pref.statictext("Keys are read when a capture is opened.", "")

local known_keys = keys.none()
function authip.init() known_keys = keys.read(authip.prefs.keys) end

-- Payloads in the clear, from `offset` to the end.
local function dissect_clear(tvb, offset, first, tree, pinfo)
    return payloads.dissect(tvb(offset), first, tree, pinfo)
end

local function dissect_sealed(tvb, offset, iv, tree, pinfo)
    local opened, why = known_keys:open(tvb(0, 8):bytes():raw(), tvb(8, 8):bytes():raw(), iv:bytes():raw(),
                                        tvb(offset):bytes():raw())
    tree:add(f.sealed, tvb(offset))
    tree:add(f.opened, tvb(offset), opened ~= nil):set_generated()
    if not opened then
        tree:append_text(" (" .. why .. ")")
        return "..."
    end
    tree:add(f.icv, tvb(tvb:len() - opened.icv_octets))
    local plain = ByteArray.new(opened.text, true):tvb("Opened AuthIP payloads")
    tree:add(f.padding, plain(opened.payload_octets))
    if opened.payload_octets == 0 then return "" end
    return payloads.dissect(plain(0, opened.payload_octets), opened.first, tree, pinfo)
end

-- The names of the payloads, for the Info column.
local function dissect_body(tvb, tree, pinfo)
    local first, encrypted = tvb(16, 1):uint(), bit.band(tvb(19, 1):uint(), 1) ~= 0
    -- Fragments and the DoS cookie come without a Crypto payload (MS-AIPS 2.2.3.2).
    if not encrypted and (first == FRAGMENT or first == NOTIFICATION) then
        return dissect_clear(tvb, HEADER_OCTETS, first, tree, pinfo)
    end
    if first ~= CRYPTO or tvb:len() < HEADER_OCTETS + CRYPTO_OCTETS then
        return payloads.malformed(tree, tvb(HEADER_OCTETS), "the Crypto payload is missing")
    end
    local length = tvb(HEADER_OCTETS + 2, 2):uint()
    if length < CRYPTO_OCTETS or HEADER_OCTETS + length > tvb:len() then
        return payloads.malformed(tree, tvb(HEADER_OCTETS + 2, 2), "the Crypto payload's length is impossible")
    end
    local crypto = tree:add(f.crypto, tvb(HEADER_OCTETS, length))
    crypto:add(f.crypto_next, tvb(HEADER_OCTETS, 1))
    crypto:add(f.crypto_length, tvb(HEADER_OCTETS + 2, 2))
    crypto:add(f.sequence, tvb(HEADER_OCTETS + 4, 4))
    local iv = length > CRYPTO_OCTETS and tvb(HEADER_OCTETS + CRYPTO_OCTETS, length - CRYPTO_OCTETS)
    if iv then crypto:add(f.iv, iv) end
    local rest = HEADER_OCTETS + length
    if rest == tvb:len() then return "" end
    if not encrypted then return dissect_clear(tvb, rest, tvb(HEADER_OCTETS, 1):uint(), tree, pinfo) end
    if not iv then return payloads.malformed(tree, tvb(HEADER_OCTETS), "an encrypted message without IV") end
    return dissect_sealed(tvb, rest, iv, tree, pinfo)
end

function authip.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "AuthIP"
    local tree = root:add(authip, tvb())
    tree:add(f.initiator_cookie, tvb(0, 8))
    tree:add(f.responder_cookie, tvb(8, 8))
    tree:add(f.next_payload, tvb(16, 1))
    tree:add(f.version, tvb(17, 1))
    tree:add(f.exchange, tvb(18, 1))
    tree:add(f.encrypted, tvb(19, 1))
    tree:add(f.message_id, tvb(20, 4))
    tree:add(f.length, tvb(24, 4))
    local exchange = numbers.exchanges[tvb(18, 1):uint()]
    local header = bit.band(tvb(19, 1):uint(), 1) ~= 0 and "HDR*" or "HDR"
    local names
    if tvb(24, 4):uint() ~= tvb:len() then
        names = payloads.malformed(tree, tvb(24, 4), "the length is not the datagram's")
    elseif tvb:len() == HEADER_OCTETS then
        names = ""
    else
        names = dissect_body(tvb, tree, pinfo)
    end
    pinfo.cols.info = exchange .. ": " .. header .. (names ~= "" and ", " .. names or "")
    return tvb:len()
end

local function is_authip(tvb, offset)
    return tvb:len() >= offset + HEADER_OCTETS and numbers.exchanges[tvb(offset + 18, 1):uint()] ~= nil
        and tvb(offset + 16, 1):uint() ~= 0
end

-- Stands in front of the dissector of a port and takes what is AuthIP's. `marker`: octets of the non-ESP marker.
local function stand_in_front(port, marker)
    local udp = DissectorTable.get("udp.port")
    local behind = udp:get_dissector(port)
    local front = Proto("authip_" .. port, "AuthIP or what else comes to UDP " .. port)
    function front.dissector(tvb, pinfo, root)
        local marked = marker == 0 or (tvb:len() > marker and tvb(0, marker):uint() == 0)
        if marked and is_authip(tvb, marker) then
            return marker + authip.dissector(tvb(marker):tvb(), pinfo, root)
        end
        if not behind then return 0 end
        -- It has marked what is malformed before it gives up: no error of ours.
        local done, octets = pcall(behind.call, behind, tvb, pinfo, root)
        return done and octets or tvb:len()
    end
    udp:set(port, front)
end
stand_in_front(500, 0)
stand_in_front(4500, 4)
