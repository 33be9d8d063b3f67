// Runs forge from its npm package, whose install script (which only links it) is not run.
//   node forge.mjs test
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const forge = fileURLToPath(new URL("node_modules/@foundry-rs/forge-linux-amd64/bin/forge", import.meta.url));
const { status, error } = spawnSync(forge, process.argv.slice(2), {
  stdio: "inherit",
  cwd: fileURLToPath(new URL(".", import.meta.url)),
  env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1" },
});
if (error) console.error(`${forge}: ${error.message}`);
process.exit(status ?? 1);
