import type { ServiceModule } from '../http/hosting.ts';
import { openService, prepareService } from '../service.ts';
import { lowerThreadPoolPriority } from './thread-priority.ts';

/** How many RSA key pairs of each size that is asked for a process has ready. */
const KEY_PAIRS_AHEAD = 2;

/** The service as nodes of `qkms` host it. */
export const hostedService: ServiceModule = {
  prepareService,
  async openService(configuration, options) {
    await lowerThreadPoolPriority();
    return openService(configuration, { ...options, keyPairsAhead: KEY_PAIRS_AHEAD });
  },
};
