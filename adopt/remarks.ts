/** Remarks for the person who reads the first declaration. */

/**
 * `blocks`: it is not taken over until this is settled. `changes`: taking it over changes this. `to do`: before a deploy.
 * `foreign`: it stays as it is.
 */
export type RemarkKind = "blocks" | "to do" | "changes" | "foreign";

export interface Remark {
  kind: RemarkKind;
  /** A service, gateway, config entry or node. */
  about: string;
  text: string;
}

export class Remarks {
  readonly all: Remark[] = [];

  /** Each remark once, however many nodes give rise to it. */
  add(kind: RemarkKind, about: string, text: string): void {
    if (!this.all.some((one) => one.about === about && one.text === text)) this.all.push({ kind, about, text });
  }

  blocked(about: string): boolean {
    return this.all.some((one) => one.kind === "blocks" && one.about === about);
  }
}
