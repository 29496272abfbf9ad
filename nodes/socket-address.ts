/** Sockets as `/proc/net/tcp` writes them. */

/**
 * "10.77.0.12:9001" of "0C004D0A:2329": the address in hex, each four bytes of it backwards, and the port in hex.
 * IPv6 in full, in brackets.
 */
export function socketAddress(at: string): string {
  const [hex = "", port = ""] = at.split(":");
  const v4 = hex.replace(/^0{16}FFFF0000/, ""); // mapped into IPv6
  const bytes = (v4.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const address =
    bytes.length === 4
      ? bytes.map((byte) => Number.parseInt(byte, 16)).join(".")
      : `[${(bytes.join("").match(/.{4}/g) ?? []).map((part) => part.toLowerCase().replace(/^0{1,3}/, "")).join(":")}]`;
  return `${address === "[0:0:0:0:0:0:0:0]" ? "[::]" : address}:${Number.parseInt(port, 16)}`;
}
