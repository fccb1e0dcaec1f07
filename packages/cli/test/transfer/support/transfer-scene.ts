import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PartialStore } from '../../../src/transfer/files/partial-store.js';
import { type SourceItem, walkSources } from '../../../src/transfer/files/source-tree.js';
import { TargetTree } from '../../../src/transfer/files/target-tree.js';
import {
  DirectoryIntake,
  type DirectoryIntakeOptions,
} from '../../../src/transfer/roles/directory-intake.js';
import type { Intake } from '../../../src/transfer/roles/intake.js';
import { supply } from '../../../src/transfer/roles/supplier.js';
import { type TakeLimits, take } from '../../../src/transfer/roles/taker.js';
import { Tally, type TransferTotals } from '../../../src/transfer/roles/tally.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { MemoryChannel } from './channel-pair.js';

/** What differs from an ordinary transfer. */
export interface SceneOptions extends Partial<DirectoryIntakeOptions> {
  readonly limits?: Partial<TakeLimits>;
  /** Default: the files of `from`. */
  readonly items?: AsyncIterable<SourceItem>;
  /** Default: the directory `to`. */
  readonly intake?: Intake;
  /** Is given both ends, the one of the supplier first. */
  readonly onChannels?: (supplier: MemoryChannel, taker: MemoryChannel) => void;
}

/** A directory to send from, and one to send to. */
export class TransferScene {
  readonly from: string = join(temporaryDirectory(), 'from');
  readonly to: string = join(temporaryDirectory(), 'to');

  constructor() {
    mkdirSync(this.from);
    mkdirSync(this.to);
  }

  /** Transfers `from`; what failed at either side is thrown, that of the taker first. */
  async run(options: SceneOptions = {}): Promise<{ sent: TransferTotals; taken: TransferTotals }> {
    const [supplier, taker] = MemoryChannel.pair();
    options.onChannels?.(supplier, taker);
    const sent = new Tally();
    const taken = new Tally();
    const items =
      options.items ?? walkSources([{ absolute: this.from, name: 'top' }], { links: true });
    const limits = { maxEntries: 1e6, maxBytes: 1e12, ...options.limits };
    const intake = options.intake ?? this.intake(options);
    const supplying = supply({ channel: supplier, items, tally: sent });
    const taking = take({ channel: taker, intake, tally: taken, limits });
    // A side that fails ends its link, as its connection would be closed.
    const orCut = async (side: Promise<void>): Promise<void> => {
      try {
        await side;
      } catch (error) {
        supplier.cut();
        throw error;
      }
    };
    const both = [orCut(taking), orCut(supplying)];
    const outcomes = await Promise.allSettled(both);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return { sent: sent.totals, taken: taken.totals };
  }

  intake(options: SceneOptions = {}): DirectoryIntake {
    const tree = new TargetTree(this.to, true);
    const { overwrite = false, links = false, resume = true } = options;
    const peer = new Uint8Array(32);
    const partials = new PartialStore(tree.root);
    return new DirectoryIntake({ tree, partials, peer, overwrite, links, resume });
  }

  /** What was received: paths with contents, or with the kind of what is no file. */
  received(): Record<string, string> {
    return contentsOf(this.to);
  }
}

/** Paths below a directory, with contents, or with the kind of what is no file. */
export function contentsOf(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of (readdirSync(directory, { recursive: true }) as string[]).sort()) {
    const stats = statSync(join(directory, path));
    found[path] = stats.isFile() ? readFileSync(join(directory, path), 'latin1') : 'directory';
  }
  return found;
}
