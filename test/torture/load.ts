import { setTimeout as delay } from 'node:timers/promises';
import { type Cell, createCell, isLost } from './cell.ts';
import { type Command, type PlannedCommand, plansOf } from './cell-commands.ts';
import { DONE } from './cell-model.ts';
import { clientsOf, type SharedClients } from './clients.ts';
import type { Way } from './deployment.ts';

const CLIENTS_PER_CELL = 3;
/** What a client does in a cell before the next cell begins: histories that are short are decided quickly. */
const COMMANDS_PER_CLIENT = 25;
/** A cell ends early when so many changes were never answered: each multiplies the explanations there can be. */
const MOST_LOST_CHANGES = 5;
/** While no way is open, in milliseconds. */
const RETRY_PAUSE = 20;

/** A way to the service, and the clients that take it. */
interface TakenWay {
  readonly way: Way;
  readonly clients: SharedClients;
}

/** Clients that do what plans say, to one cell at a time. */
export class Load {
  readonly #ways: readonly TakenWay[];
  readonly #answers: Map<string, number>;

  /** @param answers where answers are counted */
  constructor(ways: readonly Way[], answers: Map<string, number>) {
    this.#ways = ways.map((way) => ({ way, clients: clientsOf(way.endpoint) }));
    this.#answers = answers;
  }

  close(): void {
    for (const { clients } of this.#ways) clients.close();
  }

  /** Clients that reach the service at the moment, by the way of a number if that is open. */
  async clients(number = 0): Promise<SharedClients> {
    return (await this.#openWay(number)).clients;
  }

  /**
   * Creates a cell, however often that has to be tried.
   *
   * @param name unlike that of any other cell
   */
  async createCell(name: string, anchorArn: string): Promise<Cell> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await createCell(await this.clients(attempt), `${name}-${attempt}`, anchorArn);
      } catch (error) {
        if (!isLost(error)) throw error;
      }
      await delay(RETRY_PAUSE);
    }
  }

  /** Several clients do what a seed has planned for a cell of a number. Resolves when they are done or it is over. */
  async use(cell: Cell, seed: { seed: number; cell: number }, isOver: () => boolean): Promise<void> {
    const plans = plansOf(seed, { clients: CLIENTS_PER_CELL, length: COMMANDS_PER_CLIENT });
    const follow = async (plan: readonly PlannedCommand[], client: number) => {
      for (const [at, planned] of plan.entries()) {
        if (isOver() || cell.lostChanges() >= MOST_LOST_CHANGES) return;
        const command = cell.resolve(planned, (client + 1) * 1_000 + at + 1);
        if (command !== undefined) await this.ask(cell, `client ${client + 1}`, planned.node, command);
      }
    };
    await Promise.all(plans.map(follow));
  }

  /** Makes a call by the way of a number, or by another that is open. Resolves to whether it was answered. */
  async ask(cell: Cell, client: string, number: number, command: Command): Promise<boolean> {
    const { way, clients } = await this.#openWay(number);
    const answer = await cell.ask(clients, `${client} by ${way.name}`, command);
    const kind = answer === undefined ? 'lost' : answer.startsWith(DONE) ? DONE : answer;
    this.#answers.set(kind, (this.#answers.get(kind) ?? 0) + 1);
    return answer !== undefined;
  }

  async #openWay(number: number): Promise<TakenWay> {
    for (;;) {
      for (let tried = 0; tried < this.#ways.length; tried += 1) {
        const taken = this.#ways[(number + tried) % this.#ways.length];
        if (taken?.way.isOpen()) return taken;
      }
      await delay(RETRY_PAUSE);
    }
  }
}
