-- SPDX-License-Identifier: Apache-2.0
-- The key file, and what it opens: CBC ciphertext, then the ICV, up to the end of the message (MS-AIPS 2.2.3.2.1).
-- The ICV is not verified: a key that does not fit gives impossible padding.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])") or ""
local aes = dofile(folder .. "authip_aes.lua")

local Keys = {}
Keys.__index = Keys

local function from_hex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local M = {}

function M.none() return setmetatable({ by_cookies = {}, why = "no key file is set" }, Keys) end

-- Lines: CKY-I,CKY-R,cipher/hash,message key,SKEYID_a,octets of the ICV.
function M.read(path)
    local keys = M.none()
    if path == "" then return keys end
    local file, failure = io.open(path)
    if not file then
        keys.why = failure
        return keys
    end
    keys.why = "the key file has no key for these cookies"
    for line in file:lines() do
        local initiator, responder, cipher, key, icv =
            line:match("^(%x+),(%x+),([^,/]+)/[^,]+,(%x+),%x+,(%d+)$")
        if initiator then
            local cookies = from_hex(initiator .. responder)
            local list = keys.by_cookies[cookies] or {}
            keys.by_cookies[cookies] = list
            list[#list + 1] = { cipher = cipher, key = from_hex(key), icv_octets = tonumber(icv) }
        end
    end
    file:close()
    return keys
end

-- Octets in front of padding 1, 2, 3, ..., Pad_Length and Next_Payload; nil when the padding is impossible.
local function payload_octets(text)
    local padding = text:byte(-2)
    if padding + 2 > #text then return nil end
    for i = 1, padding do
        if text:byte(#text - 2 - padding + i) ~= i then return nil end
    end
    return #text - 2 - padding
end

local function open_with(key, iv, sealed)
    if not key.cipher:match("^aes%-cbc%-") then return nil, "only AES is opened here, this is " .. key.cipher end
    local octets = #sealed - key.icv_octets
    if octets < 16 or octets % 16 ~= 0 or #iv ~= 16 then return nil, "its length is impossible" end
    local text = aes.decrypt_cbc(key.key, iv, sealed:sub(1, octets))
    local payloads = payload_octets(text)
    if not payloads then return nil, "the exported key does not fit" end
    return { text = text, first = text:byte(-1), payload_octets = payloads, icv_octets = key.icv_octets }
end

-- A table of text, first (payload type), payload_octets and icv_octets, or nil and why not. All arguments are octets.
-- An SA whose authentication was begun anew has had several keys; the last is tried first.
function Keys:open(initiator_cookie, responder_cookie, iv, sealed)
    local list = self.by_cookies[initiator_cookie .. responder_cookie] or {}
    local why = self.why
    for i = #list, 1, -1 do
        local opened
        opened, why = open_with(list[i], iv, sealed)
        if opened then return opened end
    end
    return nil, why
end

return M
