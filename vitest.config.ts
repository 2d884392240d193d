import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // End-to-end tests bundle the functions and start servers; a unit test that needs this long is broken.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Two workers keep the end-to-end tests from starving each other on a two-core machine.
    maxWorkers: 2,
  },
});
