-- SPDX-License-Identifier: Apache-2.0
-- AES (FIPS 197), decryption in CBC mode only: Wireshark's Lua has no ciphers before 4.2.

local bxor, band, lshift, rshift = bit.bxor, bit.band, bit.lshift, bit.rshift

-- Multiplication in GF(2^8).
local function multiply(a, b)
    local product = 0
    while b > 0 do
        if band(b, 1) == 1 then product = bxor(product, a) end
        a = lshift(a, 1)
        if a > 0xFF then a = bxor(a, 0x11B) end
        b = rshift(b, 1)
    end
    return product
end

-- The S-box and its inverse, from powers of the generator 3: 3^(255-n) is the inverse of 3^n.
local sbox, inverse_sbox = {}, {}
do
    local power = { [0] = 1 }
    for n = 1, 254 do power[n] = multiply(power[n - 1], 3) end
    local inverse = { [0] = 0 }
    for n = 0, 254 do inverse[power[n]] = power[(255 - n) % 255] end
    for value = 0, 255 do
        local x, s = inverse[value], 0x63
        for turn = 0, 4 do s = bxor(s, band(bxor(lshift(x, turn), rshift(x, 8 - turn)), 0xFF)) end
        sbox[value], inverse_sbox[s] = s, value
    end
end

-- The multiples that InvMixColumns takes.
local times = {}
for _, factor in ipairs({ 9, 11, 13, 14 }) do
    times[factor] = {}
    for value = 0, 255 do times[factor][value] = multiply(value, factor) end
end

-- Octets of all round keys, from 1 (FIPS 197 5.2).
local function expand(key)
    local words, total = #key / 4, (#key / 4 + 7) * 4
    local octets = { key:byte(1, -1) }
    local round_constant = 1
    for word = words, total - 1 do
        local at = word * 4
        local a, b, c, d = octets[at - 3], octets[at - 2], octets[at - 1], octets[at]
        if word % words == 0 then
            a, b, c, d = bxor(sbox[b], round_constant), sbox[c], sbox[d], sbox[a]
            round_constant = multiply(round_constant, 2)
        elseif words > 6 and word % words == 4 then
            a, b, c, d = sbox[a], sbox[b], sbox[c], sbox[d]
        end
        for i, octet in ipairs({ a, b, c, d }) do octets[at + i] = bxor(octets[at - #key + i], octet) end
    end
    return octets
end

local function add_round_key(state, keys, round)
    for i = 1, 16 do state[i] = bxor(state[i], keys[round * 16 + i]) end
end

-- InvShiftRows and InvSubBytes; columns stand one after the other.
local function unshift_and_unsubstitute(state)
    local result = {}
    for column = 0, 3 do
        for row = 0, 3 do
            result[column * 4 + row + 1] = inverse_sbox[state[(column - row) % 4 * 4 + row + 1]]
        end
    end
    return result
end

local function unmix_columns(state)
    local t9, t11, t13, t14 = times[9], times[11], times[13], times[14]
    for at = 1, 13, 4 do
        local a, b, c, d = state[at], state[at + 1], state[at + 2], state[at + 3]
        state[at] = bxor(t14[a], t11[b], t13[c], t9[d])
        state[at + 1] = bxor(t9[a], t14[b], t11[c], t13[d])
        state[at + 2] = bxor(t13[a], t9[b], t14[c], t11[d])
        state[at + 3] = bxor(t11[a], t13[b], t9[c], t14[d])
    end
end

local function decrypt_block(keys, block)
    local state = { block:byte(1, 16) }
    local rounds = #keys / 16 - 1
    add_round_key(state, keys, rounds)
    for round = rounds - 1, 0, -1 do
        state = unshift_and_unsubstitute(state)
        add_round_key(state, keys, round)
        if round > 0 then unmix_columns(state) end
    end
    return state
end

local M = {}

-- `key` 16, 24 or 32 octets, `iv` 16, `text` a multiple of 16: strings of octets, as is the result.
function M.decrypt_cbc(key, iv, text)
    local keys = expand(key)
    local blocks, before = {}, iv
    for at = 1, #text, 16 do
        local block = text:sub(at, at + 15)
        local state = decrypt_block(keys, block)
        for i = 1, 16 do state[i] = string.char(bxor(state[i], before:byte(i))) end
        blocks[#blocks + 1] = table.concat(state)
        before = block
    end
    return table.concat(blocks)
end

return M
