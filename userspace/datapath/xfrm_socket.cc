#include "datapath/xfrm_socket.h"

// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace keyline::datapath {
namespace {

// Their answers fit the receive buffer that a socket has by default.
constexpr std::size_t kBatch = 64;

// What the kernel tells of SAs has their keys: wiped when it goes.
class ReceiveBuffer {
  public:
    ReceiveBuffer() = default;
    ReceiveBuffer(const ReceiveBuffer&) = delete;
    ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;
    ~ReceiveBuffer() { OPENSSL_cleanse(octets_.data(), octets_.size()); }
    char* data() { return octets_.data(); }
    std::size_t size() const { return octets_.size(); }

  private:
    std::vector<char> octets_ = std::vector<char>(65536);
};

std::string kernel_sentence(const nlmsghdr* message) {
    const auto* answer = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
    if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) {
        return {};
    }
    std::size_t fixed = sizeof(*answer);
    if ((message->nlmsg_flags & NLM_F_CAPPED) == 0) {
        fixed += mnl_nlmsg_get_payload_len(&answer->msg);
    }
    std::string sentence;
    auto visit = [](const nlattr* attribute, void* data) {
        if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG) {
            *static_cast<std::string*>(data) = mnl_attr_get_str(attribute);
        }
        return MNL_CB_OK;
    };
    mnl_attr_parse(message, static_cast<unsigned>(fixed), visit, &sentence);
    return sentence;
}

XfrmError error_of(int code, const std::string& sentence = {}) {
    const std::string words = std::strerror(code);
    return {.code = code, .text = sentence.empty() ? words : words + " (" + sentence + ")"};
}

constexpr unsigned group(unsigned number) { return 1U << (number - 1); }
constexpr unsigned kEventGroups =
    group(XFRMNLGRP_EXPIRE) | group(XFRMNLGRP_MAPPING) | group(XFRMNLGRP_SA) | group(XFRMNLGRP_POLICY);

mnl_socket* open_bound(unsigned groups) {
    mnl_socket* socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
    if (socket != nullptr && mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        mnl_socket_close(socket);
        return nullptr;
    }
    return socket;
}

}  // namespace

void XfrmSocket::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

std::expected<XfrmSocket, std::string> XfrmSocket::open() {
    Socket requests(open_bound(0));
    Socket events(requests ? open_bound(kEventGroups) : nullptr);
    if (!events) {
        const int error = errno;
        return std::unexpected(error == EPROTONOSUPPORT
                                   ? "the kernel has no XFRM: `modprobe xfrm_user`"
                                   : std::string("cannot open an XFRM socket: ") + std::strerror(error));
    }
    // Without these, errors have a number and no words.
    int on = 1;
    (void)mnl_socket_setsockopt(requests.get(), NETLINK_EXT_ACK, &on, sizeof(on));
    (void)mnl_socket_setsockopt(requests.get(), NETLINK_CAP_ACK, &on, sizeof(on));
    return XfrmSocket(std::move(requests), std::move(events));
}

std::expected<void, XfrmError> XfrmSocket::receive(std::size_t count, const Visit& visit,
                                                   const std::function<void(XfrmError)>& refuse) const {
    ReceiveBuffer buffer;
    while (count > 0) {
        const ssize_t octets = mnl_socket_recvfrom(requests_.get(), buffer.data(), buffer.size());
        if (octets < 0) {
            return std::unexpected(error_of(errno));
        }
        int left = static_cast<int>(octets);
        for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type == NLMSG_DONE) {
                --count;
            } else if (message->nlmsg_type == NLMSG_ERROR) {
                --count;
                const int code = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
                if (code != 0) {
                    XfrmError error = error_of(code, kernel_sentence(message));
                    error.request = message->nlmsg_seq;
                    refuse(std::move(error));
                }
            } else {
                visit(message);
            }
        }
    }
    return {};
}

void XfrmSocket::send_batch(std::span<NetlinkRequest* const> batch, std::size_t first,
                            std::vector<XfrmError>& errors) const {
    std::array<iovec, kBatch> pieces{};
    for (std::size_t i = 0; i < batch.size(); ++i) {
        nlmsghdr* header = batch[i]->header();
        header->nlmsg_seq = static_cast<std::uint32_t>(first + i);
        header->nlmsg_flags |= NLM_F_ACK;
        pieces[i] = {header, header->nlmsg_len};
    }
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    msghdr message{};
    message.msg_name = &kernel;
    message.msg_namelen = sizeof(kernel);
    message.msg_iov = pieces.data();
    message.msg_iovlen = batch.size();
    const auto fail_all = [&](const XfrmError& error) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            errors.push_back({.request = first + i, .code = error.code, .text = error.text});
        }
    };
    if (sendmsg(mnl_socket_get_fd(requests_.get()), &message, 0) < 0) {
        return fail_all(error_of(errno));
    }
    const auto received = receive(
        batch.size(), [](const nlmsghdr*) {}, [&](XfrmError error) { errors.push_back(std::move(error)); });
    if (!received) {
        fail_all(received.error());
    }
}

std::vector<XfrmError> XfrmSocket::send(std::span<NetlinkRequest* const> requests) const {
    std::vector<XfrmError> errors;
    for (std::size_t first = 0; first < requests.size(); first += kBatch) {
        send_batch(requests.subspan(first, std::min(kBatch, requests.size() - first)), first, errors);
    }
    return errors;
}

std::expected<void, XfrmError> XfrmSocket::send(NetlinkRequest& request) const {
    NetlinkRequest* const one[] = {&request};
    std::vector<XfrmError> errors = send(one);
    if (!errors.empty()) {
        return std::unexpected(std::move(errors.front()));
    }
    return {};
}

std::expected<void, XfrmError> XfrmSocket::ask(NetlinkRequest& request, const Visit& visit) const {
    if (mnl_socket_sendto(requests_.get(), request.header(), request.header()->nlmsg_len) < 0) {
        return std::unexpected(error_of(errno));
    }
    std::expected<void, XfrmError> result;
    const auto received =
        receive(1, visit, [&result](XfrmError error) { result = std::unexpected(std::move(error)); });
    return received ? result : received;
}

template <typename Item>
std::expected<std::vector<Item>, XfrmError> XfrmSocket::dump(
    std::uint16_t type, std::optional<Item> (*read)(const nlmsghdr*)) const {
    NetlinkRequest request(type, NLM_F_DUMP);
    std::vector<Item> found;
    const auto asked = ask(request, [&found, read](const nlmsghdr* message) {
        if (auto item = read(message)) {
            found.push_back(std::move(*item));
        }
    });
    if (!asked) {
        return std::unexpected(asked.error());
    }
    return found;
}

std::expected<std::vector<XfrmSa>, XfrmError> XfrmSocket::list() const {
    return dump(XFRM_MSG_GETSA, read_sa);
}

std::expected<XfrmSa, XfrmError> XfrmSocket::find(const XfrmSaName& name) const {
    NetlinkRequest request(XFRM_MSG_GETSA, NLM_F_ACK);
    put_sa_name(request, name);
    std::optional<XfrmSa> found;
    const auto asked = ask(request, [&found](const nlmsghdr* message) { found = read_sa(message); });
    if (!asked) {
        return std::unexpected(asked.error());
    }
    return found ? std::expected<XfrmSa, XfrmError>(std::move(*found)) : std::unexpected(error_of(ESRCH));
}

std::expected<std::vector<std::uint32_t>, XfrmError> XfrmSocket::list_reqids() const {
    return dump(XFRM_MSG_GETSA, read_reqid);
}

std::expected<std::vector<XfrmPolicy>, XfrmError> XfrmSocket::list_policies() const {
    return dump(XFRM_MSG_GETPOLICY, read_policy);
}

std::vector<XfrmEvent> XfrmSocket::events() const {
    std::vector<XfrmEvent> found;
    const unsigned ourselves = mnl_socket_get_portid(requests_.get());
    ReceiveBuffer buffer;
    for (;;) {
        const ssize_t octets =
            recv(mnl_socket_get_fd(events_.get()), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (octets < 0 && errno == ENOBUFS) {  // some were lost
            found.insert(found.end(), {XfrmStatesGone{}, XfrmPoliciesGone{}});
            continue;
        }
        if (octets <= 0) {
            return found;
        }
        int left = static_cast<int>(octets);
        for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left)) {
            const auto event = read_event(message);
            if (event && message->nlmsg_pid != ourselves) {
                found.push_back(*event);
            }
        }
    }
}

}  // namespace keyline::datapath
