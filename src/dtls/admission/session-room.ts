// Who gives way to one more session. An identity never loses the only session that it has to another one: whoever opens
// sessions without end pushes out its own.

import type { Instant } from "../../base/instant.ts";
import type { DtlsParameters } from "../parameters.ts";
import type { Session } from "../session/session.ts";
import type { SessionTable } from "../session/session-table.ts";
import type { AddressShares } from "./address-shares.ts";

export class SessionRoom {
  readonly #sessions: SessionTable;
  readonly #shares: AddressShares;
  readonly #parameters: DtlsParameters;

  constructor(sessions: SessionTable, shares: AddressShares, parameters: DtlsParameters) {
    this.#sessions = sessions;
    this.#shares = shares;
    this.#parameters = parameters;
  }

  /** A session, nobody, or the newcomer itself. A shared key may have any number of sessions while there is room. */
  leaving(now: Instant, identityKey: string, shared: boolean): Session | "nobody" | "newcomer" {
    const { ofIdentities, size } = this.#sessions;
    const { sessionsMax, sessionsPerIdentityMax } = this.#parameters;
    const full = size >= sessionsMax;
    if (!full && (shared || !ofIdentities.hasAtLeast(identityKey, sessionsPerIdentityMax))) return "nobody";
    return ofIdentities.leastRecentOf(identityKey) ?? this.#oneOfSeveral(now) ?? "newcomer";
  }

  /** A session of an identity that has others: of the heaviest networks, by random choice. */
  #oneOfSeveral(now: Instant): Session | undefined {
    const sessions = this.#sessions;
    const chosen = this.#shares.choose(now, sessions.size, (index) => {
      const session = sessions.number(index);
      return session.youngerOfIdentity === session ? undefined : session.peer;
    });
    return chosen === undefined ? undefined : sessions.number(chosen);
  }
}
