/** Builds the package once: the tests that start processes of their own run what is published. */
import { execFileSync } from "node:child_process";

export default function setup(): void {
  if (process.env["BURSAR_SDK_BUILT"] === "1") return;
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
}
