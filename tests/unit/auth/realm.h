// A Kerberos realm with a real KDC for one test (tools/lab/realm), and this process as its client.
#pragma once

#include <string>
#include <vector>

#include "run.h"

namespace keyline::test {

// EXAMPLE.TEST with a KDC on a free loopback port and the hosts a.example.test and b.example.test. Sets
// KRB5_CONFIG and KRB5RCACHENAME of this process; takes everything away when it goes.
class Realm {
  public:
    Realm();
    ~Realm();
    Realm(const Realm&) = delete;
    Realm& operator=(const Realm&) = delete;

    // DIR/NAME.keytab of a host.
    std::string keytab(const std::string& host) const { return path(host + ".keytab"); }
    std::string path(const std::string& file) const { return directory_ + "/" + file; }

    // One kadmin.local query.
    void admin(const std::vector<std::string>& query) const;
    void stop_kdc() const;
    // A credential cache with a ticket of this life, from a host's keytab; "FILE:...".
    std::string kinit(const std::string& host, const std::string& life) const;
    // Clocks may differ by this much from now on.
    void set_clock_skew(int seconds) const;

  private:
    std::string directory_;
};

}  // namespace keyline::test
