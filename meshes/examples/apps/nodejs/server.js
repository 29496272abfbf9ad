// A server of several files: GET / answers with a greeting.
const { createServer } = require("node:http");
const { greeting } = require("./lib/greeting.js");

createServer((_request, response) => response.end(`${greeting(process.env.NAME ?? "world")}\n`)).listen(
  Number(process.env.PORT),
  "127.0.0.1",
);
