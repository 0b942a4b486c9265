#include "datapath/cookie_store.h"

#include <cstring>

namespace keyline::datapath {

std::expected<CookieStore, std::string> CookieStore::open(const Pins& pins) {
    auto map = bpfmap::Map::open_pinned(pins.path("kl_dos_cookies"));
    if (!map) return std::unexpected(map.error());
    auto cookies = bpfmap::MappedArray<kl_dos_cookies>::map(*map, true);
    if (!cookies) return std::unexpected(cookies.error());
    CookieStore store;
    store.cookies_ = std::move(*cookies);
    store.cookies_[0].active = 0;
    return store;
}

void CookieStore::set(bool active, const Secret& current, const Secret& previous) {
    kl_dos_cookies& cookies = cookies_[0];
    const auto write = [&](std::uint32_t place, const Secret& secret) {
        std::memcpy(&cookies.secrets[place], secret.view().data(), sizeof(kl_siphash_key));
    };
    if (active) {
        // The programs read meanwhile: the secret in use stays where it is, the new one takes the oldest's
        // place.
        const std::uint32_t next = cookies.current ^ 1;
        if (!cookies.active) write(next ^ 1, previous);
        write(next, current);
        __atomic_store_n(&cookies.current, next, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&cookies.active, active ? 1U : 0U, __ATOMIC_RELEASE);
}

}  // namespace keyline::datapath
