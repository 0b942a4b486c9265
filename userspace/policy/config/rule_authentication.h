// The keys of a [[rule]] that say who is authenticated for its traffic, and by whose credentials.
#pragma once

#include "policy/config/value.h"
#include "policy/policy.h"

namespace keyline::policy::config {

// In this order: the later ones look at what the earlier ones have read.
void read_extended_auth(const Value& list, Policy& policy, Rule& rule);
// true stands for ["extended_mode"].
void read_per_user(const Value& value, Rule& rule);
// A table such as { extended_mode = "NAME" }.
void read_explicit_credentials(const Value& table, const Policy& policy, Rule& rule);

}  // namespace keyline::policy::config
