import type { ServiceName } from '../../../../src/model/service.ts';
import type { SampledCall } from './call.ts';
import { cliSample } from './cli.ts';
import { curlSample } from './curl.ts';
import { goSample } from './go.ts';
import { javaSample } from './java.ts';
import { javascriptSample } from './javascript.ts';
import { SDK_NAMES, type SdkService } from './names.ts';
import { pythonSample } from './python.ts';
import { rustSample } from './rust.ts';

/** A call in one language. */
export interface Sample {
  readonly id: string;
  readonly label: string;
  readonly code: string;
}

/** A call in all languages that can make it: what AWS does not have, its SDKs do not know. */
export function samplesOf(call: SampledCall): readonly Sample[] {
  const { service } = call.page;
  const curl = { id: 'curl', label: 'curl', code: curlSample(call) };
  if (!hasSdk(service)) return [curl];
  return [
    { id: 'cli', label: 'AWS CLI', code: cliSample(call, service) },
    curl,
    { id: 'javascript', label: 'JavaScript', code: javascriptSample(call, service) },
    { id: 'python', label: 'Python', code: pythonSample(call, service) },
    { id: 'go', label: 'Go', code: goSample(call, service) },
    { id: 'java', label: 'Java', code: javaSample(call, service) },
    { id: 'rust', label: 'Rust', code: rustSample(call, service) },
  ];
}

function hasSdk(service: ServiceName): service is SdkService {
  return Object.hasOwn(SDK_NAMES, service);
}
