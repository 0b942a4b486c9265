// Talks NETLINK_XFRM in the network namespace of the thread that opened it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "datapath/netlink_request.h"
#include "datapath/xfrm_message.h"

struct mnl_socket;

namespace keyline::datapath {

// Why the kernel refused one of several requests.
struct XfrmError {
    std::size_t request = 0;  // its place among them
    int code = 0;             // errno
    std::string text;  // errno's words, and the kernel's own sentence where it gives one (extended ack)
};

class XfrmSocket {
  public:
    // The error names the module that is missing.
    static std::expected<XfrmSocket, std::string> open();

    // Sends the requests in batches, which the kernel carries out one after the other. The errors are of
    // those that it refused.
    std::vector<XfrmError> send(std::span<NetlinkRequest* const> requests) const;
    std::expected<void, XfrmError> send(NetlinkRequest& request) const;
    // Every ESP SA of the namespace, whoever made it.
    std::expected<std::vector<XfrmSa>, XfrmError> list() const;
    // One SA; the error is also that there is none.
    std::expected<XfrmSa, XfrmError> find(const XfrmSaName& name) const;
    // The reqid of every state, of any protocol.
    std::expected<std::vector<std::uint32_t>, XfrmError> list_reqids() const;
    // Every policy but those of sockets.
    std::expected<std::vector<XfrmPolicy>, XfrmError> list_policies() const;
    // What has come since the last call, without what came of our own requests; never waits.
    std::vector<XfrmEvent> events() const;

  private:
    struct Close {
        void operator()(mnl_socket* socket) const;
    };
    using Socket = std::unique_ptr<mnl_socket, Close>;
    using Visit = std::function<void(const nlmsghdr*)>;

    XfrmSocket(Socket requests, Socket events) : requests_(std::move(requests)), events_(std::move(events)) {}
    void send_batch(std::span<NetlinkRequest* const> batch, std::size_t first,
                    std::vector<XfrmError>& errors) const;
    // Sends a request that is answered by messages, each handed to `visit`, and then by one that says how it
    // went.
    std::expected<void, XfrmError> ask(NetlinkRequest& request, const Visit& visit) const;
    // What `read` makes of each message of the dump that the request asks for.
    template <typename Item>
    std::expected<std::vector<Item>, XfrmError> dump(std::uint16_t type,
                                                     std::optional<Item> (*read)(const nlmsghdr*)) const;
    // Hands each message to `visit` until `count` answers have come; a dump has one answer.
    std::expected<void, XfrmError> receive(std::size_t count, const Visit& visit,
                                           const std::function<void(XfrmError)>& refuse) const;

    Socket requests_;
    Socket events_;  // of the kernel's groups
};

}  // namespace keyline::datapath
