#include "fastpath/connection_table.h"

#include "fastpath/ip_packet.h"

namespace keyline::fastpath {
namespace {

kl_tuple key_of(const kl_tuple& tuple) {
    kl_tuple key{};
    kl_make_connection_key(&key, &tuple);
    return key;
}

}  // namespace

bool ConnectionTable::is_authorized(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint64_t now) {
    const auto connection = maps_.connections().lookup<kl_connection>(key_of(tuple));
    return connection && kl_is_authorized(&*connection, tuple.protocol, tcp_flags, now) != 0;
}

// The kernel programs may change the entry meanwhile. What is lost then is a wish for another doubled packet,
// which the peer repeats.
void ConnectionTable::authorize(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint32_t user,
                                std::uint64_t now) {
    const kl_tuple key = key_of(tuple);
    kl_connection connection = maps_.connections().lookup<kl_connection>(key).value_or(kl_connection{});
    kl_authorize(&connection, tuple.protocol == kProtocolTcp && kl_is_syn(tcp_flags) != 0, now);
    if (user != 0) connection.user = user;
    maps_.connections().update(key, connection);  // an LRU map has always room
}

}  // namespace keyline::fastpath
