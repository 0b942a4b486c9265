#include "auth/other_credentials.h"

#include "auth/failure.h"

namespace keyline::auth {
namespace {

class WithoutCredentials final : public Context {
  public:
    explicit WithoutCredentials(std::string line) : line_(std::move(line)) {}

    StepResult step(const StepInput&) override { return Failure{SecStatus::kNoCredentials, line_}.result(); }

  private:
    const std::string line_;
};

}  // namespace

std::shared_ptr<Context> without_credentials(const std::string& method, const Identity& who) {
    const std::string remedy = "add them to [[auth.credentials]]";
    return std::make_shared<WithoutCredentials>(
        who.credentials.empty()
            ? method + ": uid " + std::to_string(who.uid) + " has no credentials: " + remedy
            : method + ": no credentials \"" + who.credentials + "\" of this method: " + remedy);
}

}  // namespace keyline::auth
