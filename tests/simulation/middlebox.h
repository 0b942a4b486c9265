// What devices on the path make of datagrams, for World::alter: nothing here is authenticated.
#pragma once

#include "exchange/action.h"
#include "wire/vendor_ids.h"

namespace keyline::simulation {

// Takes the vendor ID that begins so out of messages 1 and 2 of an IKEv1 main mode.
void hide_vendor_id(exchange::Send& message, const wire::vendor::Md5& id);

// Sets the Commit flag in IKEv1's quick modes (RFC 2408 3.1).
void set_commit_flag(exchange::Send& message);

}  // namespace keyline::simulation
