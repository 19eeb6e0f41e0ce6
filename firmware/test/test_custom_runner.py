"""Reads results in the format of Unity, without fetching Unity: test/check.h prints it."""

from platformio.test.runners.unity import UnityTestRunner


class CustomTestRunner(UnityTestRunner):
    """Unity's runner, but for its library."""

    EXTRA_LIB_DEPS = None

    def configure_build_env(self, env):
        """Nothing of Unity's to configure."""
        return env
