// The policy of one instance as immutable values: SPD (rules), PAD (peers), proposals, and the host's own
// settings. config.h makes one from a file, lookup.h answers questions about it, diff.h compares two.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "policy/auth_method.h"
#include "policy/esp_suite.h"
#include "policy/main_mode.h"
#include "policy/sad_entry.h"
#include "policy/selector.h"

namespace keyline::policy {

// RFC 4301 1.1: an unprotected interface faces the network that carries ESP, a protected one the LAN of a
// gateway.
enum class InterfaceRole : std::uint8_t { kUnprotected, kProtected };
std::string_view to_string(InterfaceRole role);
std::optional<InterfaceRole> parse_interface_role(std::string_view name);

// The numbers stand in maps too (shared/config.h, enum kl_action).
enum class RuleAction : std::uint8_t { kBypass, kProtect, kBlock };
std::string_view to_string(RuleAction action);

// Negotiation discovery (MS-IKEE 3.7): who may begin in the clear while an SA is negotiated.
enum class Negotiation : std::uint8_t { kRequire, kRequireInbound, kRequest };
std::string_view to_string(Negotiation negotiation);

// What the device does of the SAs of kernel ESP. `auto` is the most that it does; the others are what it
// must.
enum class Offload : std::uint8_t { kNone, kCrypto, kPacket, kAuto };
std::string_view to_string(Offload offload);

struct Interface {
    std::string name;
    InterfaceRole role = InterfaceRole::kUnprotected;

    bool operator==(const Interface&) const = default;
};

// Table [host].
struct Host {
    // Names pins, control socket and the handover interfaces: 1 to 11 of a-z, 0-9 and '-'.
    std::string instance = "main";
    // Local addresses that IKE answers on; empty: all.
    std::vector<IpAddress> listen;
    std::uint16_t port = 500;
    std::uint16_t nat_port = 4500;  // RFC 3947 3
    // Group whose members may use the control socket; empty: root alone.
    std::string control_group;
    std::vector<Interface> interfaces;
    // For packets that no rule covers: bypass or block.
    RuleAction default_action = RuleAction::kBypass;

    bool operator==(const Host&) const = default;
};

// Table [datapath].
struct DatapathSettings {
    // Packets that wait for an SA are held until it is there; otherwise dropped.
    bool hold = true;
    std::uint32_t max_sas = 8192;
    std::uint32_t max_flows = 65536;
    // An acquire that nobody answered is raised again after this time.
    std::chrono::milliseconds acquire_interval = std::chrono::seconds(1);

    bool operator==(const DatapathSettings&) const = default;
};

// Table [auth.kerberos]. An empty path means the Kerberos library's default.
struct KerberosAuth {
    // This host's name, "host/a.example.com@EXAMPLE.COM" or "A$@EXAMPLE.COM".
    std::string principal;
    std::string keytab;  // to accept with, and to get initial credentials from
    std::string ccache;  // credentials to initiate with ("FILE:/path", "KEYRING:..."); empty: from the keytab
    std::string client_keytab;  // to get initial credentials from in place of `keytab`
    // Where a user's own tickets are, with "%{uid}" in it; only files are looked at.
    std::string user_ccache = "FILE:/tmp/krb5cc_%{uid}";

    bool operator==(const KerberosAuth&) const = default;
};

// Table [auth.anonymous].
struct AnonymousAuth {
    // The name announced in GSS_ID; empty: the machine's host name.
    std::string name;

    bool operator==(const AnonymousAuth&) const = default;
};

// Entry of [[auth.tls.certificate]]: PEM files.
struct TlsCertificate {
    std::string file;  // the certificate, then the chain that is shown with it
    std::string key;

    bool operator==(const TlsCertificate&) const = default;
};

// Table [auth.tls].
struct TlsAuth {
    std::vector<TlsCertificate> certificates;  // in the order in which they are tried
    std::vector<std::string> ca;               // PEM files, whose certificates peers' chains must end in
    std::vector<std::string> crl;              // PEM files; empty: revocation is not checked
    bool mutual = true;                        // otherwise the responder alone is authenticated

    bool operator==(const TlsAuth&) const = default;
};

// Which name of its certificate this host identifies itself by in IKEv1 (RFC 2407 4.6.2.1).
enum class X509Id : std::uint8_t { kSubject, kDnsName, kAddress };

// Entry of [[auth.x509.certificate]].
struct X509Certificate {
    std::string file;  // as in TlsCertificate
    std::string key;
    X509Id id = X509Id::kSubject;

    bool operator==(const X509Certificate&) const = default;
};

// Table [auth.ntlm].
struct NtlmAuth {
    // The account to initiate with; all three are empty on a host that only responds.
    std::string user;
    std::string domain;
    std::string password;  // path of the file that holds it
    // File of accounts that may initiate, "DOMAIN:user:password" on a line or smbpasswd(5); empty: winbind
    // knows them.
    std::string accounts;

    bool operator==(const NtlmAuth&) const = default;
};

// Table [auth.psk].
struct PskAuth {
    std::string file;  // the secrets, by the peers' addresses (auth/pre_shared_key.h)

    bool operator==(const PskAuth&) const = default;
};

// Table [auth.x509].
struct X509Auth {
    std::vector<X509Certificate> certificates;   // in the order of preference
    std::vector<std::string> ca;                 // PEM files, whose certificates peers' chains must end in
    std::vector<std::string> crl;                // PEM files; empty: revocation is not checked
    std::vector<std::string> peer_certificates;  // PEM files: of peers that do not send theirs
    bool send_unasked = true;                    // own certificates, to peers that do not request them

    bool operator==(const X509Auth&) const = default;
};

// Entry of [[auth.credentials]]: what this host authenticates with on behalf of somebody else than the
// machine.
struct Credentials {
    std::string name;
    // The user of this host whose own they are. Whatever the user, they are explicit credentials
    // (MS-AIPS 3.1.1) where a rule names them.
    std::optional<std::uint32_t> uid;
    std::optional<KerberosAuth> kerberos;      // a principal and its keytab
    std::vector<TlsCertificate> certificates;  // in the order in which they are tried
    std::optional<NtlmAuth> ntlm;              // an account

    bool serve(AuthMethod method) const {
        return (method == AuthMethod::kKerberos && kerberos) ||
               (method == AuthMethod::kTls && !certificates.empty()) || (method == AuthMethod::kNtlm && ntlm);
    }

    bool operator==(const Credentials&) const = default;
};

// Credentials, one member per method; a method that no main mode names has none.
struct Auth {
    std::optional<KerberosAuth> kerberos;
    std::optional<AnonymousAuth> anonymous;
    std::optional<TlsAuth> tls;
    std::optional<NtlmAuth> ntlm;
    std::optional<PskAuth> psk;
    std::optional<X509Auth> x509;
    std::vector<Credentials> credentials;

    bool operator==(const Auth&) const = default;
};

// MS-AIPS 3.1.7.4 against 3.4.5.2 (interpretation item 25): which key the first octets of keying material
// become.
enum class QmKeyOrder : std::uint8_t { kEncryptionFirst, kAuthenticationFirst };
std::string_view to_string(QmKeyOrder order);

// Table [keying]: timers (interpretation item 33) and limits (MS-AIPS 3.3.7.1).
struct Keying {
    std::chrono::milliseconds retransmit_interval = std::chrono::seconds(2);  // before the first; doubles
    std::uint32_t retransmit_limit = 4;                                       // 1 to 7
    std::uint32_t first_message_retransmit_limit = 3;                         // of message #1, 1 to 7
    std::chrono::seconds responder_timeout{60};
    std::chrono::seconds nat_keepalive{20};
    std::chrono::seconds rekey_overlap{60};  // old QM SAs live on for this long once new ones are in use
    // A peer that traffic is sent to and that has been silent for this long may be dead (MS-IKEE 3.12); 0:
    // never.
    std::chrono::seconds dead_peer_timeout{20};
    // How often the peers of IKEv1 main mode SAs are asked for a sign of life without any traffic (RFC 3706),
    // 0: never; and how long they have to give one, 0: until three requests have gone unanswered.
    std::chrono::seconds dpd_delay{0};
    std::chrono::seconds dpd_timeout{0};
    // QM SAs unused for this long are deleted (MS-IKEE 3.5.2), the second with peers that are clusters; 0:
    // never.
    std::chrono::seconds idle_timeout{300};
    std::chrono::seconds cluster_idle_timeout{60};
    bool cluster = false;                // this host is a node of a cluster behind one address (MS-IKEE 3.6)
    std::uint32_t mm_sas_per_peer = 20;  // new negotiations are dropped when more than this exist
    std::uint32_t negotiations_per_peer = 35;
    std::uint32_t dos_threshold = 500;  // unfinished MM SAs from which first messages need a DoS cookie
    QmKeyOrder qm_key_order = QmKeyOrder::kEncryptionFirst;

    bool operator==(const Keying&) const = default;
};

struct QuickMode {
    std::string name = "default";
    // In the order of preference; never empty. One suite and no PFS make a fast quick mode (interpretation
    // item 28).
    std::vector<EspSuite> suites{{Encryption::kAesGcm16, 32, Integrity::kNone},
                                 {Encryption::kAesGcm16, 16, Integrity::kNone},
                                 {Encryption::kAesCbc, 32, Integrity::kHmacSha256_128},
                                 {Encryption::kAesCbc, 16, Integrity::kHmacSha1_96}};
    DhGroup pfs_group = DhGroup::kNone;
    // Without ESN the packet limits end an SA before its sequence numbers do (RFC 4303 3.3.3).
    Lifetime lifetime{.soft_time = std::chrono::minutes(48),
                      .hard_time = std::chrono::hours(1),
                      .soft_packets = 3435973836,
                      .hard_packets = 4294967295};
    bool esn = false;
    std::uint32_t replay_window = 2048;  // packets, 32 to 2048
    // This host wants to supply the keys, and does if its weight is the higher one (MS-AIPS 2.2.3.8); absent:
    // it does not.
    std::optional<std::uint32_t> key_dictation_weight;

    bool operator==(const QuickMode&) const = default;
};

// One entry of the PAD (RFC 4301 4.4.3): first match in the order of Policy::peers.
struct Peer {
    std::string name;
    std::vector<Prefix> addresses;
    // The names that the peer must prove, by method; with that of the first method known, message #1 carries
    // a token (interpretation item 14). Empty: any.
    std::string principal;        // Kerberos
    std::uint32_t main_mode = 0;  // index into Policy::main_modes
    std::string tls_name;         // a DNS name of its certificate
    std::string ntlm_account;     // "DOMAIN\user", of a peer that initiates
    std::string x509_name;        // IKEv1: a name of its certificate (auth/x509.h)
    // Whether the peer may authenticate by credentials that were handed to it for the purpose, instead of its
    // or its user's own (MS-AIPS 3.1.1, PAD).
    bool explicit_credentials_mm = false;
    bool explicit_credentials_em = false;
    // The names that its users may prove; empty: any.
    std::vector<std::string> users;
    // That the peer may negotiate with, and the first of them to negotiate with it; never empty.
    std::vector<Protocol> protocols{Protocol::kAuthip};

    // Whether it has to prove a name to this host, in this role of it; an account is an initiator's.
    bool has_to_prove(bool as_initiator) const {
        return !principal.empty() || !tls_name.empty() || !x509_name.empty() ||
               (as_initiator && !ntlm_account.empty());
    }
    // By which `method` is to know the peer.
    const std::string& name_for(AuthMethod method) const {
        if (method == AuthMethod::kTls) return tls_name;
        if (uses_x509(method)) return x509_name;
        return method == AuthMethod::kNtlm ? ntlm_account : principal;
    }

    bool operator==(const Peer&) const = default;
};

// RFC 4301 4.4.1.2: selector fields that an SA takes from the packet instead of the rule ("populate from
// packet").
struct PopulateFromPacket {
    bool local_address = false;
    bool remote_address = false;
    bool protocol = false;
    bool local_port = false;
    bool remote_port = false;

    bool operator==(const PopulateFromPacket&) const = default;
};
// Transport mode protects host pairs.
inline constexpr PopulateFromPacket kHostPair{.local_address = true, .remote_address = true};

// Outer addresses of a tunnel, of one family.
struct TunnelEndpoints {
    IpAddress local;
    IpAddress remote;

    bool operator==(const TunnelEndpoints&) const = default;
};

inline constexpr std::uint32_t kMaxRules = 65535;
// The SAs that a rule asks for differ in at most so many combinations of prefix lengths and set fields
// (shared/slot.h, KL_MAX_SHAPES, which leaves room for those that peers propose).
inline constexpr std::uint32_t kMaxSaShapes = 4;

// One entry of the SPD (RFC 4301 4.4.1). Precedence is the position in Policy::rules.
struct Rule {
    // 1 to kMaxRules. Derived from the name, so that it survives reloads and restarts (rule_ids.h).
    std::uint32_t id = 0;
    std::string name;  // unique
    std::vector<Selector> selectors;
    RuleAction action = RuleAction::kProtect;
    // The rest has a meaning for protect rules only.
    Mode mode = Mode::kTransport;
    std::optional<TunnelEndpoints> tunnel;  // set if and only if the mode is tunnel
    Engine engine = Engine::kAuto;
    Offload offload = Offload::kNone;  // another one only with the engine kernel
    std::uint32_t quick_mode = 0;      // index into Policy::quick_modes
    std::vector<AuthMethod>
        auth;  // restricts the main mode's methods for this rule's traffic; empty: no restriction
    PopulateFromPacket populate = kHostPair;
    // Extended mode's methods in the order of preference (MS-AIPS 3.1.1, SPD); empty: there is none.
    std::vector<AuthMethod> extended_auth;
    // An SA belongs to the user whose socket asked for it. What has no user, and root, is the machine's.
    bool per_user = false;
    // Which modes prove that user (RequireImpersonationMM, RequireImpersonationEM); none unless per_user.
    bool impersonation_mm = false;
    bool impersonation_em = false;
    // By which of Auth::credentials, named explicitly, this host initiates; empty: by the user's own or the
    // machine's.
    std::string explicit_mm;
    std::string explicit_em;

    // Wants what IKEv1 does not have.
    bool needs_authip() const {
        return per_user || !extended_auth.empty() || !explicit_mm.empty() || !explicit_em.empty();
    }

    Negotiation negotiation = Negotiation::kRequire;
    bool guarantee_encryption = false;  // and tells the peer so; every suite encrypts

    // The peer's word for it is the boundary flag.
    bool takes_clear() const { return negotiation == Negotiation::kRequest; }

    bool operator==(const Rule&) const = default;
};

// Table [debug].
struct Debug {
    // Directory that the keys of all SAs are written to, for Wireshark; empty: nowhere.
    std::string key_export;

    bool operator==(const Debug&) const = default;
};

struct Policy {
    Host host;
    DatapathSettings datapath;
    Auth auth;
    Keying keying;
    Debug debug;
    std::vector<MainMode> main_modes{MainMode{}};     // [0] is the default
    std::vector<QuickMode> quick_modes{QuickMode{}};  // [0] is the default
    std::vector<Peer> peers;
    std::vector<Rule> rules;

    bool has_users() const { return std::ranges::any_of(rules, &Rule::per_user); }
    const QuickMode& quick_mode_of(const Rule& rule) const { return quick_modes[rule.quick_mode]; }

    bool operator==(const Policy&) const = default;
};

}  // namespace keyline::policy
