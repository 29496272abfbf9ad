// Strips the types and turns ES modules into CommonJS. Types are `npm run check`'s business.
const { transformSync } = require("esbuild");

module.exports = {
  process(source, path) {
    const loader = path.endsWith(".ts") ? "ts" : "js";
    const { code } = transformSync(source, {
      loader,
      format: "cjs",
      target: "node20",
      sourcefile: path,
      sourcemap: "inline",
    });
    return { code };
  },
};
