#include "exchange/counters.h"

namespace keyline::exchange {
namespace {

struct Text {
    std::string_view name;
    std::string_view cause;
    std::string_view remedy;
};

constexpr std::array<Text, kReasonCount> kTexts = {{
#define X(identifier, name, cause, remedy) {name, cause, remedy},
    KEYLINE_KEYER_REASONS(X)
#undef X
}};

const Text& text(Reason reason) { return kTexts.at(static_cast<std::size_t>(reason)); }

}  // namespace

std::string_view reason_name(Reason reason) { return text(reason).name; }
std::string_view reason_cause(Reason reason) { return text(reason).cause; }
std::string_view reason_remedy(Reason reason) { return text(reason).remedy; }

}  // namespace keyline::exchange
