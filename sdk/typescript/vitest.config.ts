import { defineConfig } from "vitest/config";

/** Starting an install takes half a minute: its test runs where `BURSAR_COMMAND` says how. */
const exclude = process.env["BURSAR_COMMAND"] ? [] : ["test/install.test.ts"];

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], exclude, globalSetup: "test/setup.ts", testTimeout: 60_000, pool: "threads" },
});
