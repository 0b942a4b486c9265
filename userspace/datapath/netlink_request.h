// A netlink request under construction.
#pragma once

#include <libmnl/libmnl.h>
#include <openssl/crypto.h>

#include <array>
#include <cstdint>

namespace keyline::datapath {

// Has room for an SA with its keys and the largest replay window, and is wiped when it goes.
class NetlinkRequest {
  public:
    // `sequence` tells the answers to requests that are under way together apart.
    explicit NetlinkRequest(std::uint16_t type, std::uint16_t flags = 0, std::uint32_t sequence = 1)
        : header_(mnl_nlmsg_put_header(buffer_.data())) {
        header_->nlmsg_type = type;
        header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        header_->nlmsg_seq = sequence;
    }
    NetlinkRequest(const NetlinkRequest&) = delete;
    NetlinkRequest& operator=(const NetlinkRequest&) = delete;
    ~NetlinkRequest() { OPENSSL_cleanse(buffer_.data(), buffer_.size()); }

    // The next fixed part, zeroed.
    template <typename Extra>
    Extra* extra() {
        return static_cast<Extra*>(mnl_nlmsg_put_extra_header(header_, sizeof(Extra)));
    }
    nlmsghdr* header() { return header_; }
    const nlmsghdr* header() const { return header_; }

  private:
    alignas(NLMSG_ALIGNTO) std::array<char, 2048> buffer_{};
    nlmsghdr* header_;
};

}  // namespace keyline::datapath
