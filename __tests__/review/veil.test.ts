import { veiled, veiledWords } from "../../review/veil";

const UUID = "6f1e2d3c-0000-4abc-9def-00112233aabb";

// Put together here, so that no scanner takes this file for one with secrets.
const made = (...parts: string[]) => parts.join("");

test.each([
  ["a value by its name", "REDIS_PASS=marked"],
  ["a name with file in its midst", "TOKEN_PROFILE=marked"],
  ["a name that ends in key", "STRIPE_KEY=marked,marked"],
  ["words in one pair of quotes", 'ExecStart=/x "--token=marked and marked" -v'],
  ["the next item of a list", 'args = ["/x", "--token", "marked marked"]'],
  ["a list", 'Authorization = ["Bearer marked", "marked"]'],
  ["a flag and its word", "ExecStart=/x -password marked-two"],
  ["a password with a slash in a URL", 'DATABASE="postgres://shop:mar/marked@db.test/shop"'],
  ["a token as the user of a URL", "REMOTE=https://marked@git.test/x"],
  ["a header of another kind", '"X-Api-Token: marked"'],
  ["a bearer", "HEADER=bearer marked0123"],
  ["a gossip key", `K="marked${"A".repeat(37)}="`],
  ["32 bytes and more", `K=marked${"aB3".repeat(20)}`],
  ["a token of GitHub", `K=${made("gh", "p_marked", "a1B2".repeat(8))}`],
  ["a token of GitLab", `K=${made("gl", "pat-marked", "a1B2".repeat(4))}`],
  ["a token of Vault", `K=${made("hv", "s.marked", "a1B2".repeat(6))}`],
  ["a JSON web token", `K=${made("ey", "Jmarked012.", "marked.", "marked")}`],
  ["a value that begins like a switch", "API_TOKEN=truemarked"],
  ["a value after two signs", "API_TOKEN==marked"],
  ["a name in a comment", "# API_TOKEN=marked"],
  ["two words among others", "ExecStart=/x login password marked -v"],
  ["a line of two words", "requirepass marked"],
  ["a private key on one line", "K=-----BEGIN RSA PRIVATE KEY-----marked-----END RSA PRIVATE KEY-----"],
])("%s", (_, text) => {
  expect(veiled(text)).not.toContain("marked");
  expect(veiled(text)).toContain("(not shown)");
  expect(veiled(text).split("\n")).toHaveLength(1);
});

test("a Consul token next to a name that says so, and no other UUID", () => {
  expect(veiled(`the agent's token is ${UUID}`)).not.toContain(UUID);
  expect(veiledWords(`tokens: a, ${UUID}`)).not.toContain(UUID);
  expect(veiled(`ID=${UUID}`)).toBe(`ID=${UUID}`);
});

test.each([
  `BINARY=${"0123456789abcdef".repeat(4)}`,
  "CONSUL_HTTP_TOKEN_FILE=/opt/gatehouse/secrets/web",
  "ExecStart=/opt/gatehouse/releases/web/0123456789ab/bin/Web -listen 127.0.0.1:9001",
  "LEVEL=debug",
  "# Tokens and the gossip key are in files of their own.",
  "  enable_token_persistence = true",
  "auto_encrypt {",
  "LoadCredential=token:/opt/gatehouse/secrets/frontend.token",
  "ExecStart=/x -token-file ${CREDENTIALS_DIRECTORY}/token $FLAGS --log-level info",
  'if [ -r "$token" ]; then',
])("what is no secret is shown: %s", (text) => {
  expect([veiled(text), veiledWords(text)]).toEqual([text, text]);
});

test("a text keeps its lines, and what is hidden stays as it is", () => {
  const text = "A_TOKEN=\nB=1\n-----BEGIN PRIVATE KEY-----\nx\ny\n-----END PRIVATE KEY-----\nC_SECRET=x\n";
  expect(veiled(text)).toBe(
    "A_TOKEN=\nB=1\n-----BEGIN PRIVATE KEY-----\n(not shown)\n(not shown)\n(not shown)\nC_SECRET=(not shown)\n",
  );
  expect(veiledWords(veiled(text))).toBe(veiled(text));
});
