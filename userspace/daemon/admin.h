// The commands of the control socket, carried out.
#pragma once

#include "daemon/control_server.h"
#include "daemon/instance.h"

namespace keyline::daemon {

class Admin {
  public:
    explicit Admin(Instance& instance) : instance_(instance) {}

    // Answers at once, except `up` and `down`, which are answered when the negotiation or deletion has ended.
    void handle(const Request& request, const ControlServer::Reply& reply);

  private:
    using Outcome = std::expected<Json, RequestError>;

    Outcome status(const Request&);
    Outcome sas(const Request&);
    Outcome main_modes(const Request&);
    Outcome policies(const Request&);
    Outcome flows(const Request& request);
    Outcome counters(const Request&);
    Outcome reload(const Request&);
    Outcome stop(const Request& request);
    Outcome attach(const Request& request);
    Outcome detach(const Request& request);
    void up(const Request& request, const ControlServer::Reply& reply);
    void down(const Request& request, const ControlServer::Reply& reply);

    std::expected<datapath::Datapath*, RequestError> datapath() const;
    std::string cookie_place(bool wanted) const;
    Json foreign_xfrm_json() const;

    Instance& instance_;
};

}  // namespace keyline::daemon
