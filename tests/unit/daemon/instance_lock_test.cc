#include "daemon/instance_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "unit/daemon/temporary_directory.h"

namespace keyline::daemon {
namespace {

TEST(InstanceLock, ASecondInstanceIsToldWhoTheFirstIs) {
    TemporaryDirectory directory;
    const auto first = lock_instance(directory.path() / "run", "main");
    ASSERT_TRUE(first) << first.error();
    const auto second = lock_instance(directory.path() / "run", "main");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "instance \"main\" is already running (pid " + std::to_string(getpid()) +
                                  "); stop it, or choose another name with --instance");
    EXPECT_TRUE(lock_instance(directory.path() / "run", "other"));
}

TEST(InstanceLock, EndsWithItsOwner) {
    TemporaryDirectory directory;
    { ASSERT_TRUE(lock_instance(directory.path(), "main")); }
    EXPECT_TRUE(lock_instance(directory.path(), "main"));
}

TEST(InstanceLock, ADirectoryThatCannotBeMadeIsOneClearLine) {
    const auto lock = lock_instance("/proc/keyline", "main");
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error(),
              "/proc/keyline/main.lock: No such file or directory; run as root, or choose another --run-dir");
}

}  // namespace
}  // namespace keyline::daemon
