-- SPDX-License-Identifier: Apache-2.0
-- Payloads of AuthIP messages (MS-AIPS 2.2.3, RFC 2408 3): their fields, and what draws them.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])") or ""
local numbers = dofile(folder .. "authip_numbers.lua")

local f = {
    payload = ProtoField.none("authip.payload", "Payload"),
    type = ProtoField.uint8("authip.payload.type", "Payload type", base.HEX, numbers.payloads),
    next = ProtoField.uint8("authip.payload.next", "Next payload", base.HEX, numbers.payloads),
    length = ProtoField.uint16("authip.payload.length", "Payload length"),
    data = ProtoField.bytes("authip.payload.data", "Data"),
    doi = ProtoField.uint32("authip.sa.doi", "DOI"),
    situation = ProtoField.uint32("authip.sa.situation", "Situation"),
    proposal = ProtoField.uint8("authip.proposal.number", "Proposal"),
    protocol = ProtoField.uint8("authip.proposal.protocol", "Protocol", base.DEC, numbers.protocols),
    spi = ProtoField.bytes("authip.proposal.spi", "SPI"),
    transform = ProtoField.uint8("authip.transform.number", "Transform"),
    transform_id = ProtoField.uint8("authip.transform.id", "Transform ID"),
    attribute = ProtoField.uint16("authip.attribute.type", "Attribute"),
    value = ProtoField.uint32("authip.attribute.value", "Value"),
    long_value = ProtoField.bytes("authip.attribute.long_value", "Value"),
    key_exchange = ProtoField.bytes("authip.ke", "Public value"),
    nonce = ProtoField.bytes("authip.nonce", "Nonce"),
    hash = ProtoField.bytes("authip.hash", "Hash"),
    id_type = ProtoField.uint8("authip.id.type", "ID type", base.DEC, numbers.id_types),
    id_protocol = ProtoField.uint8("authip.id.protocol", "IP protocol"),
    id_port = ProtoField.uint16("authip.id.port", "Port"),
    id_v4 = ProtoField.ipv4("authip.id.ipv4", "Address"),
    id_v6 = ProtoField.ipv6("authip.id.ipv6", "Address"),
    id_data = ProtoField.bytes("authip.id.data", "Data"),
    vendor_id = ProtoField.bytes("authip.vendor_id", "Vendor ID"),
    vendor_name = ProtoField.string("authip.vendor_id.name", "Name"),
    vendor_number = ProtoField.uint32("authip.vendor_id.number", "Number"),
    nat_d = ProtoField.bytes("authip.nat_d", "Hash of address and port"),
    gss_status = ProtoField.uint32("authip.gss.status", "Status", base.HEX),
    gss_flags = ProtoField.uint8("authip.gss.flags", "Flags", base.HEX),
    gss_new = ProtoField.bool("authip.gss.flags.new_exchange", "GSS_NEW_GSS_EXCHANGE", 8, nil, 0x01),
    gss_impersonation = ProtoField.bool("authip.gss.flags.impersonation", "GSS_IMPERSONATION_ACTIVE", 8, nil, 0x02),
    gss_retry = ProtoField.bool("authip.gss.flags.retry", "GSS_RETRY_CURRENT_AUTHENTICATION", 8, nil, 0x04),
    gss_explicit = ProtoField.bool("authip.gss.flags.explicit", "GSS_EXPLICIT_CREDENTIALS", 8, nil, 0x08),
    gss_complete = ProtoField.bool("authip.gss.flags.complete", "GSS_RESPONDER_AUTH_COMPLETE", 8, nil, 0x10),
    gss_token = ProtoField.bytes("authip.gss.token", "Token"),
    gss_id = ProtoField.string("authip.gss_id", "Name"),
    auth_method = ProtoField.uint16("authip.auth.method", "Method", base.DEC, numbers.auth_methods),
    auth_flags = ProtoField.uint16("authip.auth.flags", "Flags", base.HEX),
    fragment_id = ProtoField.uint16("authip.fragment.id", "Fragment ID"),
    fragment_number = ProtoField.uint8("authip.fragment.number", "Fragment number"),
    fragment_last = ProtoField.bool("authip.fragment.last", "Last fragment", 8, nil, 0x01),
    notify_doi = ProtoField.uint32("authip.notify.doi", "DOI"),
    notify_about = ProtoField.uint8("authip.notify.protocol", "Protocol ID", base.DEC, numbers.notify_about),
    notify_reliable = ProtoField.bool("authip.notify.reliable", "Reliable", 8, nil, 0x01),
    notify_type = ProtoField.uint16("authip.notify.type", "Type", base.HEX, numbers.notifies),
    notify_status = ProtoField.uint32("authip.notify.status", "Status", base.DEC, numbers.statuses),
    notify_acknowledged = ProtoField.uint32("authip.notify.acknowledged", "Acknowledges sequence number"),
    notify_mode = ProtoField.uint32("authip.notify.encapsulation_mode", "Encapsulation mode", base.DEC,
                                    numbers.attribute_values.ipsec[4]),
    notify_flags = ProtoField.uint32("authip.notify.flags", "Flags", base.HEX),
    notify_cookie = ProtoField.bytes("authip.notify.cookie", "Cookie"),
    weight = ProtoField.uint32("authip.key_dictation.weight", "Weight"),
    sealed_key = ProtoField.bytes("authip.key_dictation.sealed", "Encrypted key"),
}
local malformed_expert = ProtoExpert.new("authip.malformed", "Malformed", expert.group.MALFORMED,
                                         expert.severity.ERROR)

local M = { fields = {}, experts = { malformed_expert } }
for _, field in pairs(f) do M.fields[#M.fields + 1] = field end

-- Marks the place; returns what the Info column says of it.
function M.malformed(tree, range, why)
    tree:add_proto_expert_info(malformed_expert, "Malformed: " .. why)
    return "[malformed: " .. why .. "]"
end

local function hex(range) return range:bytes():tohex():lower() end

-- Calls each(start, length) for every piece in a chain of generic headers of types `first`, ...; false when one lies
-- about its length.
local function walk(tvb, start, each)
    local at, last = start, false
    while at < tvb:len() and not last do
        if tvb:len() - at < 4 then return false end
        local length = tvb(at + 2, 2):uint()
        if length < 8 or at + length > tvb:len() then return false end
        last = tvb(at, 1):uint() == 0
        if each(tvb(at, length)) == false then return false end
        at = at + length
    end
    return at == tvb:len()
end

-- RFC 2408 3.3: type and value, or with the first bit clear type, length and value.
local function dissect_attributes(tvb, tree, kind)
    local at = 0
    while at < tvb:len() do
        if tvb:len() - at < 4 then return false end
        local type, short = bit.band(tvb(at, 2):uint(), 0x7FFF), tvb(at, 2):uint() >= 0x8000
        local octets = short and 2 or tvb(at + 2, 2):uint()
        local start = short and at + 2 or at + 4
        if start + octets > tvb:len() then return false end
        local item = tree:add(f.attribute, tvb(at, start + octets - at), type)
        item:append_text(" (" .. (numbers.attributes[kind][type] or "unknown") .. ")")
        if octets >= 1 and octets <= 4 then
            local value = tvb(start, octets):uint()
            local name = numbers.attribute_values[kind][type] and numbers.attribute_values[kind][type][value]
            item:add(f.value, tvb(start, octets), value):append_text(name and " (" .. name .. ")" or "")
            item:append_text(": " .. (name or value))
        elseif octets > 0 then
            item:add(f.long_value, tvb(start, octets))
        end
        at = start + octets
    end
    return true
end

local function dissect_transform(range, tree, protocol)
    local tvb = range:tvb()
    local transform = tree:add(f.transform, tvb(4, 1))
    local name = protocol == 1 and (tvb(5, 1):uint() == 1 and "KEY_IKE") or numbers.esp_transforms[tvb(5, 1):uint()]
    transform:add(f.transform_id, tvb(5, 1)):append_text(name and " (" .. name .. ")" or "")
    if tvb:len() == 8 then return true end
    return dissect_attributes(tvb(8):tvb(), transform, protocol == 1 and "ike" or "ipsec")
end

local function dissect_proposal(range, tree)
    local tvb = range:tvb()
    local protocol, spi_octets = tvb(5, 1):uint(), tvb(6, 1):uint()
    if 8 + spi_octets > tvb:len() then return false end
    local proposal = tree:add(f.proposal, tvb(4, 1))
    proposal:add(f.protocol, tvb(5, 1))
    if spi_octets > 0 then proposal:add(f.spi, tvb(8, spi_octets)) end
    return walk(tvb, 8 + spi_octets, function(transform) return dissect_transform(transform, proposal, protocol) end)
end

local function dissect_sa(tvb, tree)
    tree:add(f.doi, tvb(0, 4))
    tree:add(f.situation, tvb(4, 4))
    return walk(tvb, 8, function(proposal) return dissect_proposal(proposal, tree) end)
end

local function dissect_id(tvb, tree)
    local type = tvb(0, 1):uint()
    tree:add(f.id_type, tvb(0, 1))
    tree:add(f.id_protocol, tvb(1, 1))
    tree:add(f.id_port, tvb(2, 2))
    local v6 = type == 5 or type == 6 or type == 8
    local octets = v6 and 16 or 4
    if v6 or type == 1 or type == 4 or type == 7 then
        if (tvb:len() - 4) % octets ~= 0 then return false end
        for at = 4, tvb:len() - 1, octets do tree:add(v6 and f.id_v6 or f.id_v4, tvb(at, octets)) end
    elseif tvb:len() > 4 then
        tree:add(f.id_data, tvb(4))
    end
end

local function dissect_vendor_id(tvb, tree)
    tree:add(f.vendor_id, tvb())
    local name = tvb:len() >= 16 and numbers.vendor_ids[hex(tvb(0, 16))]
    if not name then return end
    tree:add(f.vendor_name, tvb(), name):set_generated()
    tree:append_text(": " .. name)
    if tvb:len() == 20 then tree:add(f.vendor_number, tvb(16, 4)) end
end

local function dissect_gss(tvb, tree, pinfo)
    tree:add(f.gss_status, tvb(0, 4))
    local flags = tree:add(f.gss_flags, tvb(4, 1))
    for _, flag in ipairs({ "new", "impersonation", "retry", "explicit", "complete" }) do
        flags:add(f["gss_" .. flag], tvb(4, 1))
    end
    if tvb:len() == 5 then return end
    tree:add(f.gss_token, tvb(5))
    -- RFC 2743 3.1: an initial token names its mechanism. Others, and TLS records, have no dissector to go to.
    if tvb(5, 1):uint() == 0x60 then
        local info = tostring(pinfo.cols.info)
        local gssapi = Dissector.get("gssapi")
        pcall(gssapi.call, gssapi, tvb(5):tvb(), pinfo, tree) -- has marked what is malformed in it
        pinfo.cols.info = info
    end
end

-- Interpretation of MS-AIPS 2.1: little-endian, but a first octet of zero tells the other order.
local function dissect_gss_id(tvb, tree)
    local name = tvb(0, 1):uint() == 0 and tvb():ustring() or tvb():le_ustring()
    tree:add(f.gss_id, tvb(), name)
    tree:append_text(": " .. name)
end

local function dissect_auth(tvb, tree)
    if tvb:len() % 4 ~= 0 then return false end
    for at = 0, tvb:len() - 1, 4 do
        tree:add(f.auth_method, tvb(at, 2))
        tree:add(f.auth_flags, tvb(at + 2, 2))
    end
end

-- By notify type: the fields of the data, with their octets.
local NOTIFY_DATA = {
    [0x9C45] = { { f.notify_flags, 4 } },
    [0x9C54] = { { f.notify_status, 4 } },
    [0x9C55] = { { f.notify_cookie, 8 } },
    [0x9C56] = { { f.notify_acknowledged, 4 } },
    [0x9C58] = { { f.notify_mode, 4 }, { f.notify_flags, 4 } }, -- MS-AIPS 2.2.3.6
}

local function dissect_notify_data(tvb, tree, type)
    local at = 0
    for _, field in ipairs(NOTIFY_DATA[type] or {}) do
        if at + field[2] > tvb:len() then break end
        tree:add(field[1], tvb(at, field[2]))
        at = at + field[2]
    end
    if at < tvb:len() then tree:add(f.data, tvb(at)) end
end

-- MS-AIPS 2.2.3.5: Flags stand in the place of the SPI size.
local function dissect_notify(tvb, tree)
    tree:add(f.notify_doi, tvb(0, 4))
    tree:add(f.notify_about, tvb(4, 1))
    tree:add(f.notify_reliable, tvb(5, 1))
    tree:add(f.notify_type, tvb(6, 2))
    local type = tvb(6, 2):uint()
    tree:append_text(": " .. (numbers.notifies[type] or type))
    if tvb:len() > 8 then dissect_notify_data(tvb(8):tvb(), tree, type) end
end

local function dissect_fragment(tvb, tree)
    tree:add(f.fragment_id, tvb(0, 2))
    tree:add(f.fragment_number, tvb(2, 1))
    tree:add(f.fragment_last, tvb(3, 1))
    if tvb:len() > 4 then tree:add(f.data, tvb(4)) end
end

local function whole(field)
    return function(tvb, tree) tree:add(field, tvb()) end
end

-- By payload type: the least octets of a body, and what draws it, which returns false when lengths in it lie.
local BODIES = {
    [0x01] = { least = 8, draw = dissect_sa },
    [0x04] = { least = 1, draw = whole(f.key_exchange) },
    [0x05] = { least = 4, draw = dissect_id },
    [0x08] = { least = 1, draw = whole(f.hash) },
    [0x0A] = { least = 1, draw = whole(f.nonce) },
    [0x0B] = { least = 8, draw = dissect_notify },
    [0x0D] = { least = 1, draw = dissect_vendor_id },
    [0x14] = { least = 1, draw = whole(f.nat_d) },
    [0x81] = { least = 5, draw = dissect_gss },
    [0x84] = { least = 4, draw = dissect_fragment },
    [0x86] = { least = 1, draw = dissect_gss_id },
    [0x87] = { least = 4, draw = dissect_auth },
    [0x88] = { least = 1, draw = whole(f.sealed_key) },
    [0x89] = { least = 4, draw = function(tvb, tree) tree:add(f.weight, tvb(0, 4)) end },
}

local function dissect_body(type, range, tree, pinfo)
    local body = BODIES[type]
    if not body then
        if range then tree:add(f.data, range) end
    elseif (range and range:len() or 0) < body.least then
        M.malformed(tree, range, "too short for its type")
    elseif body.draw(range:tvb(), tree, pinfo) == false then
        M.malformed(tree, range, "a length in it is wrong")
    end
end

-- Draws the chain of payloads that fills `range`; returns their names.
function M.dissect(range, first, tree, pinfo)
    local tvb, names, type, at = range:tvb(), {}, first, 0
    while type ~= 0 do
        local octets = tvb:len() - at
        local length = octets >= 4 and tvb(at + 2, 2):uint()
        if not length or length < 4 or length > octets then
            names[#names + 1] = M.malformed(tree, range, "a payload's length leads out of the message")
            return table.concat(names, ", ")
        end
        local name = numbers.payloads[type] or string.format("0x%02x", type)
        local payload = tree:add(f.payload, tvb(at, length)):set_text("Payload: " .. name)
        payload:add(f.type, tvb(at, length), type):set_generated()
        payload:add(f.next, tvb(at, 1))
        payload:add(f.length, tvb(at + 2, 2))
        dissect_body(type, length > 4 and tvb(at + 4, length - 4), payload, pinfo)
        names[#names + 1] = name
        type, at = tvb(at, 1):uint(), at + length
    end
    if at < tvb:len() then names[#names + 1] = M.malformed(tree, range, "octets follow the last payload") end
    return table.concat(names, ", ")
end

return M
