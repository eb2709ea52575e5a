// Compiles Tokens.sol into tokens.json beside it: `NODE_PATH=<node_modules with solc> node compile.js`.
// The result is kept, so that the tests need no compiler; make it again when Tokens.sol changes.
"use strict";

const fs = require("fs");
const path = require("path");
const solc = require("solc");

const source = fs.readFileSync(path.join(__dirname, "Tokens.sol"), "utf8");
const asked = {
  language: "Solidity",
  sources: { "Tokens.sol": { content: source } },
  settings: {
    evmVersion: "paris",
    metadata: { appendCBOR: false, bytecodeHash: "none" },
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};
const told = JSON.parse(solc.compile(JSON.stringify(asked)));
const faults = (told.errors || []).filter((each) => each.severity === "error");
if (faults.length) {
  console.error(faults.map((each) => each.formattedMessage).join("\n"));
  process.exit(1);
}

const contracts = {};
for (const [name, made] of Object.entries(told.contracts["Tokens.sol"])) {
  if (made.evm.bytecode.object) contracts[name] = { abi: made.abi, bytecode: "0x" + made.evm.bytecode.object };
}
const result = { compiler: solc.version(), contracts };
fs.writeFileSync(path.join(__dirname, "tokens.json"), JSON.stringify(result, null, 1) + "\n");
