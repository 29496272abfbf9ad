#!/usr/bin/env node
// `npx gatehouse`: TypeScript is loaded as it is.
require("tsx/cjs");
require("../commands/gatehouse.ts").gatehouse(process.argv.slice(2));
